package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.http.Watchdog;
import io.github.claudejakarta.web.ClientConnection;
import io.github.claudejakarta.web.RandomId;
import jakarta.websocket.CloseReason;
import jakarta.websocket.CloseReason.CloseCode;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The other end of a socket: who it is, and what it asked for. What is sent blocks until the client has taken it, and fails when that takes too long: Liberty's synchronous
 * sending has no time-out, and its thread would never come back.
 *
 * <p>To be sent to by one thread at a time; closed by any, and told by any that the client has left.
 */
final class SocketClient implements Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(SocketClient.class.getName());

    /** How long a client may take to say goodbye. Nothing else closes the connection of one that does not. */
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    private final Session session;
    private final SocketEntry entry;
    private final ClientConnection connection;
    private final Watchdog watchdog;
    private volatile long closedAt;
    private final RemoteEndpoint.Async remote;
    private volatile Runnable leave = () -> { };
    private volatile boolean hasLeft;
    private volatile ClaudeException violation;

    /** @throws IllegalStateException for a socket that was opened past the filter */
    SocketClient(Session session, Duration writeTimeout, Watchdog watchdog) {
        if (!(session.getUserPrincipal() instanceof SocketEntry cameIn)) {
            throw new IllegalStateException("A socket was opened past the filter");
        }
        this.session = session;
        this.entry = cameIn;
        this.connection = ClientConnection.ofSession(session);
        this.watchdog = watchdog;
        this.remote = session.getAsyncRemote();
        remote.setSendTimeout(writeTimeout.toMillis());
        // Signs of life are ours, and so is the end.
        session.setMaxIdleTimeout(0);
    }

    /** Who has come in. */
    SocketEntry entry() {
        return entry;
    }

    /** The last value of a query parameter; null where there is none. */
    String parameter(String name) {
        List<String> values = session.getRequestParameterMap().getOrDefault(name, List.of());
        return values.isEmpty() ? null : values.get(values.size() - 1);
    }

    /**
     * Whether every event is wanted, and not the text alone.
     *
     * @throws ClaudeException {@code invalid_request_error} for a wish that is not known
     */
    boolean wantsEveryEvent() {
        String events = parameter("events");
        if (events != null && !events.equals("all")) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "events: Input should be 'all'");
        }
        return events != null;
    }

    /** @throws IOException if the client has left, or takes nothing */
    void send(String frame) throws IOException {
        try {
            remote.sendText(frame).get();
        } catch (ExecutionException e) {
            throw new IOException("The client has left", e.getCause());
        } catch (IllegalStateException e) {
            throw new IOException("The client has left", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The server stops", e);
        }
    }

    /** A sign of life that applications do not see. */
    void ping() throws IOException {
        try {
            remote.sendPing(ByteBuffer.allocate(0));
        } catch (IllegalStateException e) {
            throw new IOException("The client has left", e);
        }
    }

    /** What it sent is not what it may send: it is told so by whoever serves it, and then closed. */
    void violated(ClaudeException why) {
        violation = why;
        left();
    }

    Optional<ClaudeException> violation() {
        return Optional.ofNullable(violation);
    }

    /** Tells of an error that is no stream's, and closes. */
    void refuse(ClaudeException why) {
        CloseCode code = why.type().equals(ErrorType.OVERLOADED) ? CloseCodes.TRY_AGAIN_LATER : CloseCodes.VIOLATED_POLICY;
        try {
            ClaudeException told = why.requestId().isPresent() ? why : why.withRequestId(RandomId.of("req_"));
            send(told.body());
        } catch (IOException e) {
            LOG.log(Level.FINE, "A client left before it was told why", e);
            cut();
        }
        close(code, why.type().toString());
    }

    void close(CloseCode code, String reason) {
        closedAt = watchdog.now();
        watchdog.watch(this);
        try {
            session.close(new CloseReason(code, reason));
        } catch (IOException | IllegalStateException e) {
            LOG.log(Level.FINE, "Closing a socket that is closed", e);
        }
    }

    /** Has this run once the client has left. */
    void onLeft(Runnable action) {
        leave = action;
        if (hasLeft) {
            action.run();
        }
    }

    void left() {
        hasLeft = true;
        leave.run();
    }

    boolean hasLeft() {
        return hasLeft;
    }

    @Override
    public void check(long now) {
        if (now - closedAt > GOODBYE.toNanos()) {
            watchdog.forget(this);
            cut();
        }
    }

    /** Closes the connection of who takes nothing: a close in good order would wait for that. */
    void cut() {
        connection.cut();
    }

    /** What closes the connection while something is being sent. */
    ClientConnection connection() {
        return connection;
    }
}
