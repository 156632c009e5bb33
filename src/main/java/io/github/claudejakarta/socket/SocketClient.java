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
 * The client of one socket: its caller, its parameters, and its connection. Methods that send block until the
 * connection accepts the data. The watchdog cuts off a client that accepts nothing for too long.
 *
 * <p>Safe for use by many threads.
 */
final class SocketClient implements Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(SocketClient.class.getName());

    /** The time for a client to answer a close frame, and the longest pause while its remaining data is discarded. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);
    /** The time for which a client may continue to send after a close frame. */
    private static final Duration MAX_CLOSE_TIME = Duration.ofSeconds(10);

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

    /** The reason for which a client is no longer served. */
    record Violation(ClaudeException why, CloseCode code) {}

    /**
     * Creates a client.
     *
     * @param parameters the parameters of the query
     */
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

    /** Returns the request that opened the socket. */
    SocketEntry entry() {
        return entry;
    }

    /** Returns the last value of a query parameter; null if it is absent. */
    String parameter(String name) {
        String[] values = parameters.get(name);
        return values == null ? null : values[values.length - 1];
    }

    /**
     * Returns whether the client receives every event, and not only the text.
     *
     * @throws ClaudeException {@code invalid_request_error} for an unknown value of {@code events}
     */
    boolean sendsAllEvents() {
        String events = parameter("events");
        if (events != null && !events.equals("all")) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "events: Input should be 'all'");
        }
        return events != null;
    }

    /**
     * Sends a text message, which is JSON.
     *
     * @param progress runs each time the connection has accepted a part of it
     * @throws IOException if the client has left, or was cut off
     */
    void send(String message, Runnable progress) throws IOException {
        frames.text(Surrogates.escaped(message), progress);
    }

    /** Sends a ping, which keeps the connection alive and is invisible to applications. */
    void ping() throws IOException {
        frames.ping();
    }

    /** Answers a ping. */
    void pong(byte[] payload) throws IOException {
        frames.pong(payload);
    }

    /**
     * Records that the client sent something that ends the socket. The thread that serves it sends the error and
     * closes.
     */
    void reportViolation(ClaudeException why, CloseCode code) {
        if (violation == null) {
            violation = new Violation(why, code);
        }
        left();
    }

    /** Ends the socket: sends the error of a violation, if any, and closes. */
    void end(CloseCode otherwise) {
        Violation known = violation;
        if (known == null) {
            close(otherwise, "");
        } else {
            reject(known.why(), known.code());
        }
    }

    /**
     * Sends an error that is not part of a stream, and closes. After a violation, it sends the error of the violation.
     */
    void reject(ClaudeException why) {
        Violation known = violation;
        if (known == null) {
            reject(why, CloseCode.of(why));
        } else {
            reject(known.why(), known.code());
        }
    }

    /** Sends this error, which is not part of a stream, and closes. */
    void reject(ClaudeException why, CloseCode code) {
        try {
            ClaudeException identified = why.requestId().isPresent() ? why : why.withRequestId(RandomId.of("req_"));
            send(identified.body(), () -> {});
        } catch (IOException e) {
            LOG.log(Level.FINE, "A client left before the error reached it", e);
        }
        close(code, why.type().toString());
    }

    /** Sends a close frame. The connection ends when the client answers, or two seconds later. */
    void close(CloseCode code, String reason) {
        if (!isClosing) {
            closedAt = watchdog.now();
            isClosing = true;
        }
        try {
            if (!frames.close(code, reason, CLOSE_TIMEOUT)) {
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
     * Ends the socket because the server shuts down, without waiting for an answer to the close frame. A client that is
     * being served is closed when its stream has ended. Any other client is rejected by the thread that reads, so that
     * a client that accepts nothing does not delay the others.
     */
    void stop() {
        isStopping = true;
        if (isClosing) {
            connection.endInput();
        } else if (!entry.isServed() && !connection.endInput()) {
            reject(Shutdown.refusal());
        }
    }

    /**
     * Sends the reason to a client that is not served while the server shuts down. Called when nothing more is read.
     */
    void rejectIfStopping() {
        if (isStopping && !isClosing && !entry.isServed()) {
            reject(Shutdown.refusal());
        }
    }

    /** Runs an action when the client has left, or immediately if it already has. */
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

    /** Records that data arrived from the client. */
    void recordRead() {
        readAt = watchdog.now();
    }

    @Override
    public void check(long now) {
        long since = frames.writingSince();
        if (since != 0 && now - since > writeTimeout.toNanos()) {
            cut();
        } else if (isClosing
                && (now - Math.max(closedAt, readAt) > CLOSE_TIMEOUT.toNanos()
                        || now - closedAt > MAX_CLOSE_TIME.toNanos())) {
            connection.endInput();
        }
    }

    /** Closes the connection immediately, even during a read or a write. */
    void cut() {
        connection.cut();
    }

    /** Returns the connection, with which the client can be cut off during a write. */
    ClientConnection connection() {
        return connection;
    }
}
