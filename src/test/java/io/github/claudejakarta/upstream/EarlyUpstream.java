package io.github.claudejakarta.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * A server that answers as soon as it has read the head of a request, like edges that reject a body, a key or a rate.
 * It answers each connection once.
 */
public final class EarlyUpstream implements AutoCloseable {

    /** The behavior after the answer. */
    public enum Manner {
        /** Closes the connection without reading the body: TCP resets it. */
        CLOSE,
        /** Closes its sending side, and discards the bytes that arrive, like nginx. */
        HALF_CLOSE,
        /** Keeps the connection open, and discards the bytes that arrive. */
        READ_ON,
        /**
         * Reads nothing more, answers when {@link EarlyUpstream#answerNow} is called, and keeps the connection open.
         */
        STOP_READING
    }

    private final ServerSocket server;
    private final Manner manner;
    private final String response;
    private final AtomicInteger connections = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final CountDownLatch mayAnswer = new CountDownLatch(1);
    private final CountDownLatch answered = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);

    private final String interim;
    private final long bodyBytes;
    private final AtomicLong read = new AtomicLong();

    private EarlyUpstream(ServerSocket server, Manner manner, String interim, long bodyBytes, String response) {
        this.server = server;
        this.manner = manner;
        this.interim = interim;
        this.bodyBytes = bodyBytes;
        this.response = response;
        daemon(this::accept);
    }

    /** Starts a server that sends these bytes as its response, valid or not. */
    public static EarlyUpstream start(Manner manner, String response) {
        return new EarlyUpstream(server(null), manner, "", 0, response);
    }

    /** Starts a server with TLS, for clients that trust its certificate for {@code localhost}. */
    public static EarlyUpstream startSecured(SSLContext identity, Manner manner, String response) {
        return new EarlyUpstream(server(identity), manner, "", 0, response);
    }

    /** Starts a server that first sends other bytes, and then reads this number of body bytes before it answers. */
    public static EarlyUpstream start(SSLContext identityOrNull, String interim, long bodyBytes, String response) {
        return new EarlyUpstream(server(identityOrNull), Manner.READ_ON, interim, bodyBytes, response);
    }

    private static ServerSocket server(SSLContext identity) {
        try {
            var address = InetAddress.getByName("127.0.0.1");
            return identity == null
                    ? new ServerSocket(0, 100, address)
                    : identity.getServerSocketFactory().createServerSocket(0, 100, address);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A response with Anthropic's error object. */
    public static String error(int status, String type, String... headers) {
        String body = Script.errorBody(type, "Early");
        return "HTTP/1.1 " + status + " Early\r\ncontent-type: application/json\r\ncontent-length: " + body.length()
                + "\r\n"
                + String.join(
                        "",
                        Arrays.stream(headers).map(header -> header + "\r\n").toList()) + "\r\n" + body;
    }

    public URI url() {
        return URI.create((server instanceof SSLServerSocket ? "https://localhost:" : "http://localhost:")
                + server.getLocalPort());
    }

    /** Makes a server that has stopped reading answer its first request, and waits until the response is sent. */
    public void answerNow() throws InterruptedException {
        mayAnswer.countDown();
        if (!answered.await(30, TimeUnit.SECONDS)) {
            throw new AssertionError("no request within 30 s");
        }
    }

    /** The number of connections so far. */
    public int connections() {
        return connections.get();
    }

    /** The number of body bytes read before the answers. */
    public long bodyBytes() {
        return read.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                connections.incrementAndGet();
                open.add(socket);
                daemon(() -> serve(socket));
            }
        } catch (IOException e) {
            // close() has closed the port.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            readHead(socket.getInputStream());
            if (!interim.isEmpty()) {
                socket.getOutputStream().write(interim.getBytes(StandardCharsets.ISO_8859_1));
            }
            readBody(socket.getInputStream());
            if (manner == Manner.STOP_READING) {
                mayAnswer.await();
            }
            socket.getOutputStream().write(response.getBytes(StandardCharsets.ISO_8859_1));
            answered.countDown();
            switch (manner) {
                case CLOSE -> {}
                case HALF_CLOSE -> {
                    socket.shutdownOutput();
                    socket.getInputStream().transferTo(OutputStream.nullOutputStream());
                }
                case READ_ON -> socket.getInputStream().transferTo(OutputStream.nullOutputStream());
                case STOP_READING -> closed.await();
            }
        } catch (IOException e) {
            // The client has left.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    private static void readHead(InputStream in) throws IOException {
        int ends = 0;
        while (ends < 2) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("no head");
            }
            ends = b == '\n' ? ends + 1 : b == '\r' ? ends : 0;
        }
    }

    private void readBody(InputStream in) throws IOException {
        var buffer = new byte[1 << 16];
        for (long left = bodyBytes; left > 0; ) {
            int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                throw new IOException("the body ends early");
            }
            left -= count;
            read.addAndGet(count);
        }
    }

    private static void daemon(Runnable work) {
        var thread = new Thread(work, "early-upstream");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        closed.countDown();
        mayAnswer.countDown();
        try {
            server.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
