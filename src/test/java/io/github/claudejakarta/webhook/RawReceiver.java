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

/** A receiver that treats connections as no HTTP server would. */
final class RawReceiver implements AutoCloseable {

    private static final long TIMEOUT_MILLIS = 10_000;
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

    /** The behaviour for each connection. Afterwards the receiver waits until the client closes it. */
    interface Manners {
        void play(RawReceiver receiver, Socket socket) throws IOException, InterruptedException;
    }

    static RawReceiver start(Manners manners) throws IOException {
        return started(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")), manners);
    }

    /** Starts a receiver with TLS. */
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

    /** Starts a receiver that answers a complete request with these bytes. */
    static RawReceiver answering(String bytes) throws IOException {
        return start((receiver, socket) -> {
            readHead(socket);
            receiver.write(socket, bytes);
        });
    }

    /**
     * Starts a receiver that repeats the same bytes after a beginning, until the client leaves. It stops after far more
     * bytes than a client may read.
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

    /** A script may wait until this happens. */
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

    /** Returns the number of bytes that the network accepted, over all connections. */
    synchronized long written() {
        return written;
    }

    /** Waits until the client has closed all connections. */
    synchronized void awaitNoneOpen() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS);
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
