package io.github.claudejakarta.webhook;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** A receiver that does with a connection what no HTTP server would. */
final class RawReceiver implements AutoCloseable {

    private static final long PATIENCE_MILLIS = 10_000;
    private static final long FAR_TOO_MUCH = 128 << 20;

    private final ServerSocket server;
    private final Manners manners;
    private final CountDownLatch stopped = new CountDownLatch(1);
    // guarded by this
    private final Set<Socket> open = new HashSet<>();
    private int accepted;
    private long written;

    private RawReceiver(ServerSocket server, Manners manners) {
        this.server = server;
        this.manners = manners;
    }

    /** What it does with each connection; afterwards it waits for the client to close it. */
    interface Manners {
        void play(RawReceiver receiver, Socket socket) throws IOException, InterruptedException;
    }

    static RawReceiver start(Manners manners) throws IOException {
        return started(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")), manners);
    }

    /** The same over TLS. */
    static RawReceiver startSecured(SSLContext identity, Manners manners) throws IOException {
        return started(
                identity.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getByName("127.0.0.1")),
                manners);
    }

    private static RawReceiver started(ServerSocket server, Manners manners) {
        var receiver = new RawReceiver(server, manners);
        daemon(receiver::accept);
        return receiver;
    }

    /** One that answers a whole request with these bytes, whatever they are. */
    static RawReceiver answering(String bytes) throws IOException {
        return start((receiver, socket) -> {
            readHead(socket);
            receiver.write(socket, bytes);
        });
    }

    /**
     * One that goes on with the same bytes until the client leaves, after it began with others. It ends where a client
     * has taken far too much.
     */
    static RawReceiver endless(String begin, String bytes) throws IOException {
        return start((receiver, socket) -> {
            readHead(socket);
            receiver.write(socket, begin);
            while (receiver.written() < FAR_TOO_MUCH) {
                receiver.write(socket, bytes);
            }
            socket.shutdownOutput();
        });
    }

    static void readHead(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        int ends = 0;
        for (int b = in.read(); b >= 0 && ends < 2; b = ends < 2 ? in.read() : b) {
            ends = b == '\n' ? ends + 1 : b == '\r' ? ends : 0;
        }
    }

    void write(Socket socket, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        OutputStream out = socket.getOutputStream();
        out.write(bytes);
        synchronized (this) {
            written += bytes.length;
        }
    }

    /** Until this is over, a script may be paused. */
    boolean isStoppedWithin(long millis) throws InterruptedException {
        return stopped.await(millis, TimeUnit.MILLISECONDS);
    }

    URI url() {
        return URI.create("http://localhost:" + server.getLocalPort() + "/hook");
    }

    int port() {
        return server.getLocalPort();
    }

    synchronized int accepted() {
        return accepted;
    }

    /** Bytes that the network took, of all connections. */
    synchronized long written() {
        return written;
    }

    /** Waits until no connection is open; the client has to close them. */
    synchronized void awaitNoneOpen() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (!open.isEmpty()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError(open.size() + " connections are open");
            }
            wait(left);
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                synchronized (this) {
                    accepted++;
                    open.add(socket);
                }
                daemon(() -> serve(socket));
            }
        } catch (IOException e) {
            // close() has closed the port
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            manners.play(this, socket);
            while (!socket.isClosed() && socket.getInputStream().read() >= 0) {
                // until the client leaves
            }
        } catch (IOException e) {
            // the client has left
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            synchronized (this) {
                open.remove(socket);
                notifyAll();
            }
        }
    }

    private static void daemon(Runnable work) {
        var thread = new Thread(work, "raw-receiver");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        stopped.countDown();
        try {
            server.close();
            synchronized (this) {
                for (Socket socket : open) {
                    socket.close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
