package io.github.claudejakarta.upstream;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * A Claude API for tests, on a socket of this machine.
 *
 * <pre>{@code
 * try (var upstream = ScriptedUpstream.start()) {
 *     upstream.answer(Script.error(529, "overloaded_error", "Overloaded"), Script.sse(fixture));
 *     ...                                                    // the client under test calls upstream.url()
 *     assertThat(upstream.takeRequest().header("x-api-key")).contains("sk-ant-it");
 * }
 * }</pre>
 *
 * <p>The dispatcher of its path answers a request, otherwise the next script in the queue, and otherwise the dispatcher
 * for all other requests. An unexpected request gets a 400, which no client retries. Safe for use by several threads.
 */
public final class ScriptedUpstream implements AutoCloseable {

    /** Time limit of a state that normally appears immediately. */
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final Dispatcher UNEXPECTED = request ->
            Script.error(400, "invalid_request_error", "no script for " + request.method() + " " + request.target());

    private final ServerSocket server;
    private final ExecutorService threads = Executors.newCachedThreadPool(ScriptedUpstream::daemon);

    private final Map<String, Dispatcher> byPath = new ConcurrentHashMap<>();
    private final Queue<Script> inLine = new ConcurrentLinkedQueue<>();
    private volatile Dispatcher others = UNEXPECTED;

    private final List<ReceivedRequest> requests = new CopyOnWriteArrayList<>();
    private final BlockingQueue<ReceivedRequest> untaken = new LinkedBlockingQueue<>();

    private final CountDownLatch hasStoppedAccepting = new CountDownLatch(1);
    // Guarded by this.
    private final Set<Connection> open = new HashSet<>();
    private int accepted;

    private ScriptedUpstream(ServerSocket server) {
        this.server = server;
        threads.execute(this::acceptConnections);
    }

    /** Starts an upstream on a free port. */
    public static ScriptedUpstream start() {
        return start(0);
    }

    /**
     * Starts an upstream on the port at which the server of the integration tests expects Claude, from the tests' JVM
     * or inside the server.
     */
    public static ScriptedUpstream startForServer() {
        return start(Integer.getInteger("it.upstream.port"));
    }

    /** Starts an upstream with TLS, for clients that trust its certificate for {@code localhost}. */
    public static ScriptedUpstream startSecured(SSLContext identity) {
        try {
            var sockets = identity.getServerSocketFactory();
            return new ScriptedUpstream(sockets.createServerSocket(0, 1024, InetAddress.getByName("127.0.0.1")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ScriptedUpstream start(int port) {
        try {
            return new ScriptedUpstream(new ServerSocket(port, 1024, InetAddress.getByName("127.0.0.1")));
        } catch (IOException e) {
            throw new UncheckedIOException("port " + port, e);
        }
    }

    /** The base URL without a trailing slash. */
    public URI url() {
        return URI.create((server instanceof SSLServerSocket ? "https://localhost:" : "http://127.0.0.1:")
                + server.getLocalPort());
    }

    /** Answers the next requests with these scripts, one each. */
    public void answer(Script... scripts) {
        inLine.addAll(List.of(scripts));
    }

    /** Answers every request to this path, whatever its query. */
    public void at(String path, Dispatcher dispatcher) {
        byPath.put(path, dispatcher);
    }

    /** Answers every request without another answer. */
    public void otherwise(Dispatcher dispatcher) {
        others = dispatcher;
    }

    /** Waits for the oldest request that was not taken yet, and returns it. */
    public ReceivedRequest takeRequest() throws InterruptedException {
        var request = untaken.poll(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        if (request == null) {
            throw new AssertionError("no request within " + TIMEOUT);
        }
        return request;
    }

    /** All requests so far, taken or not. */
    public List<ReceivedRequest> requests() {
        return List.copyOf(requests);
    }

    public synchronized int acceptedConnections() {
        return accepted;
    }

    public synchronized int openConnections() {
        return open.size();
    }

    /** Waits until exactly this number of connections is open. */
    public synchronized void awaitOpenConnections(int count) throws InterruptedException {
        var deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (open.size() != count) {
            var left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError(open.size() + " connections are open, not " + count);
            }
            wait(left);
        }
    }

    /** Clears scripts and requests for the next test. Connections stay open, like those of a pool. */
    public void forget() {
        byPath.clear();
        inLine.clear();
        others = UNEXPECTED;
        requests.clear();
        untaken.clear();
    }

    /** Closes the port and every connection, and ends every script. */
    @Override
    public void close() {
        try {
            server.close();
            for (var connection : connections()) {
                connection.close();
            }
            // The port is free for the next upstream only when no thread waits in accept() any more.
            if (!hasStoppedAccepting.await(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("The port is not free within " + TIMEOUT);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            threads.shutdownNow();
        }
    }

    Script scriptFor(ReceivedRequest request) {
        requests.add(request);
        var dispatcher = byPath.get(request.path());
        if (dispatcher != null) {
            untaken.add(request);
            return dispatcher.answerTo(request);
        }
        var next = inLine.poll();
        // Only now, because a test that has taken this request relies on the next script for the next request.
        untaken.add(request);
        return next != null ? next : others.answerTo(request);
    }

    synchronized void ended(Connection connection) {
        open.remove(connection);
        notifyAll();
    }

    private void acceptConnections() {
        try {
            while (true) {
                threads.execute(opened(server.accept()));
            }
        } catch (IOException | RejectedExecutionException e) {
            // close() has closed the port.
        } finally {
            hasStoppedAccepting.countDown();
        }
    }

    private synchronized Connection opened(Socket socket) throws IOException {
        if (server.isClosed()) {
            socket.close(); // Too late for close() to find it.
        }
        accepted++;
        var connection = new Connection(this, threads, socket, accepted);
        open.add(connection);
        notifyAll();
        return connection;
    }

    private synchronized List<Connection> connections() {
        return List.copyOf(open);
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "scripted-upstream");
        thread.setDaemon(true);
        return thread;
    }
}
