package io.github.claudejakarta.it.support;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * An HTTP client over its own socket. It can stop reading, leave at any moment, and send requests that other clients do
 * not send.
 */
public final class RawClient implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;

    private RawClient(Socket connected) throws IOException {
        socket = connected;
        socket.setSoTimeout((int) Api.TIMEOUT.toMillis());
        in = socket.getInputStream();
    }

    private RawClient(int receiveBuffer) throws IOException {
        this(receiveBuffer, Api.SERVER.getHost(), Api.SERVER.getPort());
    }

    private RawClient(int receiveBuffer, String host, int port) throws IOException {
        socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setSoTimeout((int) Api.TIMEOUT.toMillis());
        socket.connect(new InetSocketAddress(host, port));
        in = socket.getInputStream();
    }

    public static RawClient connect() throws IOException {
        return new RawClient(0);
    }

    /** Connects to another server than that of most tests. */
    public static RawClient connect(String host, int port) throws IOException {
        return new RawClient(0, host, port);
    }

    /** A client over a connected socket, possibly with TLS. */
    public static RawClient over(Socket connected) throws IOException {
        return new RawClient(connected);
    }

    /** A client with a very small receive buffer. */
    public static RawClient connectNarrow() throws IOException {
        return new RawClient(4096);
    }

    /** A client of another server than that of most tests, with a very small receive buffer. */
    public static RawClient connectNarrow(String host, int port) throws IOException {
        return new RawClient(4096, host, port);
    }

    public RawClient write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Sends a request with the headers that it needs, and with these header lines. */
    public RawClient request(String method, String path, String body, String... headers) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
        if (!("\n" + String.join("\n", headers).toLowerCase(Locale.ROOT)).contains("\nhost:")) {
            head.append("Host: localhost:").append(Api.SERVER.getPort()).append("\r\n");
        }
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        if (bytes.length > 0) {
            head.append("Content-Type: application/json\r\nContent-Length: ")
                    .append(bytes.length)
                    .append("\r\n");
        }
        write(head.append("\r\n").toString().getBytes(ISO_8859_1));
        return write(bytes);
    }

    public RawClient message(String... headers) throws IOException {
        return request("POST", "/v1/messages", Api.body(true), headers);
    }

    public RawClient watch(String id, String... headers) throws IOException {
        var all = Stream.concat(Stream.of(headers), Stream.of("Accept: text/event-stream"));
        return request("GET", "/v1/streams/" + id, "", all.toArray(String[]::new));
    }

    /** Requests a WebSocket, like a browser. */
    public RawClient handshake(String path, String... headers) throws IOException {
        var all = Stream.concat(
                Stream.of(headers),
                Stream.of(
                        "Upgrade: websocket",
                        "Connection: Upgrade",
                        "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
        return request("GET", path, "", all.toArray(String[]::new));
    }

    /** Reads up to and including this text. */
    public String readUntil(String end) throws IOException {
        var read = new StringBuilder();
        while (read.indexOf(end, read.length() - end.length()) < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the server closed after <" + read + ">");
            }
            read.append((char) next);
        }
        return read.toString();
    }

    /** Reads to the end of the body, at most this number of bytes between two pauses of this length. */
    public String readSlowly(int bytes, Duration rest) throws IOException, InterruptedException {
        var read = new ByteArrayOutputStream();
        byte[] buffer = new byte[bytes];
        var end = "";
        for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
            read.write(buffer, 0, count);
            end = (end + new String(buffer, Math.max(0, count - 7), Math.min(7, count), UTF_8));
            end = end.substring(Math.max(0, end.length() - 7));
            if (end.equals("\r\n0\r\n\r\n")) {
                break;
            }
            Thread.sleep(rest.toMillis());
        }
        return read.toString(UTF_8);
    }

    /** Reads until the server closes the connection in any way. */
    public String readToEnd() {
        var read = new ByteArrayOutputStream();
        try {
            in.transferTo(read);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the server has not closed; so far " + read.size() + " bytes", e);
        } catch (IOException e) {
            // The connection was broken.
        }
        return read.toString(UTF_8);
    }

    public int status() throws IOException {
        return Integer.parseInt(readUntil("\r\n").split(" ")[1]);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
