package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.RandomId;
import io.github.claudejakarta.web.Shutdown;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The client of one socket: who it is, what it asked for, and the way to it. What is sent blocks until the connection
 * accepts it. A client that accepts nothing for too long is cut off by the watchdog.
 *
 * <p>Safe for use by many threads.
 */
final class SocketClient implements Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(SocketClient.class.getName());

    /** How long a client may take to answer a close frame, and to pause while what it is still sending is discarded. */
    private static final Duration GOODBYE = Duration.ofSeconds(2);
    /** How long a client may go on sending after a close frame. */
    private static final Duration LONGEST_GOODBYE = Duration.ofSeconds(10);

    private final SocketEntry entry;
    private final Map<String, String[]> parameters;
    private final ClientConnection connection;
    private final FrameWriter frames;
    private final Watchdog watchdog;
    private final Duration writeTimeout;
    private volatile long readAt;
    private volatile long closedAt;
    private volatile boolean isClosing;
    private volatile boolean isStopping;
    private volatile Runnable leave = () -> {};
    private volatile boolean hasLeft;
    private volatile Violation violation;

    /** Why a client is no longer served. */
    record Violation(ClaudeException why, CloseCode code) {}

    /** @param parameters of the query */
    SocketClient(
            SocketEntry entry,
            Map<String, String[]> parameters,
            ClientConnection connection,
            FrameWriter.Sink sink,
            Watchdog watchdog,
            Duration writeTimeout) {
        this.entry = entry;
        this.parameters = parameters;
        this.connection = connection;
        this.frames = new FrameWriter(sink, watchdog::now);
        this.watchdog = watchdog;
        this.writeTimeout = writeTimeout;
        this.readAt = watchdog.now();
    }

    /** Who has come in. */
    SocketEntry entry() {
        return entry;
    }

    /** The last value of a query parameter; null where it is absent. */
    String parameter(String name) {
        String[] values = parameters.get(name);
        return values == null ? null : values[values.length - 1];
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

    /**
     * Sends a text message, which is JSON.
     *
     * @param progress runs each time the connection accepted some of it
     * @throws IOException if the client has left, or was cut off
     */
    void send(String message, Runnable progress) throws IOException {
        frames.text(Surrogates.escaped(message), progress);
    }

    /** A sign of life that applications do not see. */
    void ping() throws IOException {
        frames.ping();
    }

    /** Answers a ping. */
    void pong(byte[] payload) throws IOException {
        frames.pong(payload);
    }

    /** The client sent something that ends the socket. The thread that serves it reports the error and closes. */
    void violated(ClaudeException why, CloseCode code) {
        if (violation == null) {
            violation = new Violation(why, code);
        }
        left();
    }

    /** Nothing more is sent: reports a violation if there was one, and closes. */
    void end(CloseCode otherwise) {
        Violation known = violation;
        if (known == null) {
            close(otherwise, "");
        } else {
            refuse(known.why(), known.code());
        }
    }

    /** Sends an error that is not part of a stream, and closes. After a violation, that is the error. */
    void refuse(ClaudeException why) {
        Violation known = violation;
        if (known == null) {
            refuse(why, CloseCode.of(why));
        } else {
            refuse(known.why(), known.code());
        }
    }

    /** Sends an error that is not part of a stream, and closes. */
    void refuse(ClaudeException why, CloseCode code) {
        try {
            ClaudeException told = why.requestId().isPresent() ? why : why.withRequestId(RandomId.of("req_"));
            send(told.body(), () -> {});
        } catch (IOException e) {
            LOG.log(Level.FINE, "A client left before the error reached it", e);
        }
        close(code, why.type().toString());
    }

    /** Sends a close frame. The connection ends when the client answers, or soon without an answer. */
    void close(CloseCode code, String reason) {
        if (!isClosing) {
            closedAt = watchdog.now();
            isClosing = true;
        }
        try {
            if (!frames.close(code, reason, GOODBYE)) {
                cut();
            }
        } catch (IOException e) {
            LOG.log(Level.FINE, "A client left before its socket was closed", e);
            cut();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cut();
        }
        if (isStopping) {
            connection.endInput();
        }
    }

    /**
     * The server shuts down: the client is not waited for after a close frame. A client that is served is closed when
     * its stream has ended. Any other client is refused by the thread that reads, so that a client that accepts nothing
     * holds up no other.
     */
    void stop() {
        isStopping = true;
        if (isClosing) {
            connection.endInput();
        } else if (!entry.isServed() && !connection.endInput()) {
            refuse(Shutdown.refusal());
        }
    }

    /** Nothing more is read: a client that is not served while the server shuts down gets the reason. */
    void refuseIfStopping() {
        if (isStopping && !isClosing && !entry.isServed()) {
            refuse(Shutdown.refusal());
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

    /** Something arrived from the client. */
    void isHeard() {
        readAt = watchdog.now();
    }

    @Override
    public void check(long now) {
        long since = frames.writingSince();
        if (since != 0 && now - since > writeTimeout.toNanos()) {
            cut();
        } else if (isClosing
                && (now - Math.max(closedAt, readAt) > GOODBYE.toNanos()
                        || now - closedAt > LONGEST_GOODBYE.toNanos())) {
            connection.endInput();
        }
    }

    /** Ends the connection, whatever is being written or read. */
    void cut() {
        connection.cut();
    }

    /** What cuts the client off while something is being sent. */
    ClientConnection connection() {
        return connection;
    }
}
