package io.github.claudejakarta.simulator;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Accepts connections on the loopback interface, with one thread each. Closes connections that exceed a time limit. */
final class SocketServer {

    private static final Logger LOG = System.getLogger(SocketServer.class.getName());
    private static final Duration CHECK_INTERVAL = Duration.ofMillis(500);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final ServerSocket server;
    private final Limits limits;
    private final Dispatcher dispatcher;
    private final ThreadFactory threads;
    private final Map<HttpConnection, Thread> connections = new ConcurrentHashMap<>();
    private final Thread acceptor;
    private long checkedAt = System.nanoTime();

    SocketServer(int port, Limits limits, Dispatcher dispatcher, ThreadFactory threads) throws IOException {
        this.limits = limits;
        this.dispatcher = dispatcher;
        this.threads = threads;
        server = new ServerSocket(port, 1_000, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        server.setSoTimeout((int) CHECK_INTERVAL.toMillis());
        acceptor = threads.newThread(this::accept);
        acceptor.start();
    }

    int port() {
        return server.getLocalPort();
    }

    int connectionCount() {
        return connections.size();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                serve(server.accept());
            } catch (SocketTimeoutException e) {
                // No connection arrived. The time limits are checked below.
            } catch (IOException e) {
                if (!server.isClosed()) {
                    LOG.log(Level.WARNING, "The simulator could not accept a connection", e);
                    LockSupport.parkNanos(CHECK_INTERVAL.toNanos());
                }
            }
            closeOverdue();
        }
    }

    private void serve(Socket socket) throws IOException {
        if (connections.size() >= limits.maxConnections()) {
            LOG.log(
                    Level.WARNING,
                    "The simulator has {0} connections, which is its limit: it closes a new connection",
                    connections.size());
            socket.close();
            return;
        }
        try {
            start(new HttpConnection(new Wire(socket), limits, dispatcher));
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.WARNING, "The simulator could not serve a connection", e);
            socket.close();
        }
    }

    private void start(HttpConnection connection) {
        var thread = threads.newThread(() -> {
            try {
                connection.run();
            } finally {
                connections.remove(connection);
            }
        });
        connections.put(connection, thread);
        try {
            thread.start();
        } catch (RuntimeException | OutOfMemoryError e) {
            connections.remove(connection);
            throw new IllegalStateException("The thread of a connection could not be started", e);
        }
    }

    private void closeOverdue() {
        if (System.nanoTime() - checkedAt < CHECK_INTERVAL.toNanos()) {
            return;
        }
        checkedAt = System.nanoTime();
        connections.keySet().stream().filter(HttpConnection::isOverdue).forEach(HttpConnection::close);
    }

    void close() {
        try {
            server.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "The simulator's socket could not be closed", e);
        }
        var deadline = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
        join(acceptor, deadline);
        // Copies the map, because a connection is removed from it a moment before its thread ends.
        var running = Map.copyOf(connections);
        running.keySet().forEach(HttpConnection::close);
        running.values().forEach(thread -> join(thread, deadline));
    }

    private static void join(Thread thread, long deadline) {
        try {
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
