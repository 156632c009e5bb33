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

/** Accepts connections on the loopback interface, one thread each, and closes those that are overdue. */
final class SocketServer {

    private static final Logger LOG = System.getLogger(SocketServer.class.getName());
    private static final Duration SWEEP = Duration.ofMillis(500);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final ServerSocket server;
    private final Limits limits;
    private final Dispatcher dispatcher;
    private final ThreadFactory threads;
    private final Map<HttpConnection, Thread> connections = new ConcurrentHashMap<>();
    private final Thread acceptor;
    private long sweptAt = System.nanoTime();

    SocketServer(int port, Limits limits, Dispatcher dispatcher, ThreadFactory threads) throws IOException {
        this.limits = limits;
        this.dispatcher = dispatcher;
        this.threads = threads;
        server = new ServerSocket(port, 1_000, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        server.setSoTimeout((int) SWEEP.toMillis());
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
                // time to sweep
            } catch (IOException e) {
                if (!server.isClosed()) {
                    LOG.log(Level.WARNING, "The simulator cannot accept a connection", e);
                    LockSupport.parkNanos(SWEEP.toNanos());
                }
            }
            sweep();
        }
    }

    private void serve(Socket socket) throws IOException {
        if (connections.size() >= limits.maxConnections()) {
            LOG.log(Level.WARNING, "The simulator has {0} connections and takes no more", connections.size());
            socket.close();
            return;
        }
        try {
            start(new HttpConnection(new Wire(socket), limits, dispatcher));
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.WARNING, "The simulator cannot serve a connection", e);
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
            throw new IllegalStateException("no thread for it", e);
        }
    }

    private void sweep() {
        if (System.nanoTime() - sweptAt < SWEEP.toNanos()) {
            return;
        }
        sweptAt = System.nanoTime();
        connections.keySet().stream().filter(HttpConnection::isOverdue).forEach(HttpConnection::close);
    }

    void close() {
        try {
            server.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "The simulator's socket did not close", e);
        }
        var deadline = System.nanoTime() + CLOSE.toNanos();
        join(acceptor, deadline);
        // A copy: a connection leaves the map a moment before its thread ends.
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
