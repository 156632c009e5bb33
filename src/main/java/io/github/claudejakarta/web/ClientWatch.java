package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Recurring;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.server.ClientConnection;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/**
 * Detects clients that close their connection while they wait for a response to begin. Until then nothing is written to
 * the client, so no write can fail, and Claude would continue to work for an absent client.
 *
 * <p>The watchdog's thread checks all connections together, three times in a heartbeat
 * ({@code claude.stream.heartbeat}). A client has left when two checks in a row find its connection closed, which is
 * within two heartbeats. A client that has closed only its own direction of the connection (a half-closed connection)
 * looks the same, and counts as a client that has left, as in nginx.
 *
 * <p>Safe for use by many threads.
 */
public final class ClientWatch implements Watchdog.Watched, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(ClientWatch.class.getName());

    /** The status in the log and in telemetry: nginx's status for this case. */
    private static final int CLIENT_CLOSED_REQUEST = 499;

    /** The error type of a canceled call, for telemetry. */
    private static final ErrorType CANCELED = new ErrorType("canceled");

    private static final int CHECKS_IN_A_HEARTBEAT = 3;
    private static final int CHECKS_UNTIL_LEFT = 2;

    private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();
    private final Watchdog watchdog;
    private final UnaryOperator<Set<ClientConnection>> closed;
    private final long interval;
    private long lastCheck;

    /** Creates a watch that checks three times in a heartbeat, until it is closed. */
    public ClientWatch(Duration heartbeat, Watchdog watchdog) {
        this(heartbeat, watchdog, ClientConnection::closedAmong);
    }

    /** @param closed finds the connections that are closed */
    ClientWatch(Duration heartbeat, Watchdog watchdog, UnaryOperator<Set<ClientConnection>> closed) {
        this.watchdog = watchdog;
        this.closed = closed;
        this.interval = heartbeat.toNanos() / CHECKS_IN_A_HEARTBEAT;
        this.lastCheck = watchdog.now();
        watchdog.watch(this);
    }

    /** A client that waits for its response to begin, until this is closed. */
    public static final class Waiting implements AutoCloseable {

        private final ClientWatch watch;
        private final ClientConnection connection;
        private Consumer<ClaudeException> ifLeft;
        private int closedChecks;
        private boolean isClosed;

        private Waiting(ClientWatch watch, ClientConnection connection, Consumer<ClaudeException> ifLeft) {
            this.watch = watch;
            this.connection = connection;
            this.ifLeft = ifLeft;
        }

        private synchronized void checked(boolean isConnectionClosed) {
            closedChecks = isConnectionClosed ? closedChecks + 1 : 0;
            if (hasLeft() && !isClosed) {
                ifLeft.accept(departure());
            }
        }

        /** Replaces the action for a client that leaves, for the next part of the wait. */
        public synchronized void onLeave(Runnable other) {
            ifLeft = why -> other.run();
        }

        /** Whether the client has left. */
        public synchronized boolean hasLeft() {
            return closedChecks >= CHECKS_UNTIL_LEFT;
        }

        /**
         * Checks that the client is still there, before a response is built.
         *
         * @throws ClaudeException if the client has left
         */
        public void requireClient() {
            if (hasLeft()) {
                throw departure();
            }
        }

        /**
         * Returns the output of the response. Its first byte ends the watch: from then on writes show that the client
         * has left.
         */
        public OutputStream untilFirstByte(OutputStream out) {
            return new FilterOutputStream(out) {
                @Override
                public void write(int one) throws IOException {
                    Waiting.this.close();
                    out.write(one);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    if (length > 0) {
                        Waiting.this.close();
                    }
                    out.write(bytes, offset, length);
                }
            };
        }

        /** Ends the watch: a client that leaves later has no effect. */
        @Override
        public synchronized void close() {
            isClosed = true;
            watch.waiting.remove(this);
        }
    }

    /**
     * Begins to watch a client.
     *
     * @param connection the connection of its request, which is processed until the result is closed
     * @param ifLeft ends the wait. It gets the error that ends the request. It runs on the watchdog's thread, must not
     *     block, and runs again at each check until the result is closed
     */
    public Waiting watch(ClientConnection connection, Consumer<ClaudeException> ifLeft) {
        var one = new Waiting(this, connection, ifLeft);
        waiting.add(one);
        return one;
    }

    /**
     * Returns the error that ends the request of a client that has left. Its type is not one of Anthropic's, and it is
     * not retried.
     */
    public static ClaudeException departure() {
        return ClaudeException.of(
                        CLIENT_CLOSED_REQUEST, CANCELED, "The client closed the connection before the response began")
                .withKind(ErrorKind.CANCELED);
    }

    @Override
    public void check(long now) {
        if (now - lastCheck < interval) {
            return;
        }
        lastCheck = now;
        List<Waiting> all = List.copyOf(waiting);
        if (!all.isEmpty()) {
            Set<ClientConnection> left =
                    closed.apply(all.stream().map(one -> one.connection).collect(Collectors.toSet()));
            all.forEach(one -> Recurring.attempt(
                    () -> one.checked(left.contains(one.connection)),
                    failure -> LOG.log(Level.WARNING, "Could not end the request of a client that has left", failure)));
        }
    }

    @Override
    public void close() {
        watchdog.forget(this);
    }
}
