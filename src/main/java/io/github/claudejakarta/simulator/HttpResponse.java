package io.github.claudejakarta.simulator;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The answer to one request, complete or in chunks. Each call is one write to the socket. */
final class HttpResponse {

    private static final byte[] LINE_END = ascii("\r\n");
    private static final byte[] LAST_CHUNK = ascii("0\r\n\r\n");

    private final Wire wire;
    private final Limits limits;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private boolean isLast;
    private boolean isBegun;

    /**
     * Creates a response that has not begun.
     *
     * @param isLast whether the connection closes after this answer
     */
    HttpResponse(Wire wire, Limits limits, boolean isLast) {
        this.wire = wire;
        this.limits = limits;
        this.isLast = isLast;
    }

    boolean isLast() {
        return isLast;
    }

    boolean isBegun() {
        return isBegun;
    }

    void header(String name, String value) {
        headers.put(name, value);
    }

    void send(int status, String contentType, byte[] body) throws IOException {
        sendPart(status, contentType, body, body.length);
    }

    /** Sends the first bytes of a body, with a {@code content-length} of the complete body. */
    void sendPart(int status, String contentType, byte[] body, int length) throws IOException {
        header("content-length", Integer.toString(body.length));
        var bytes = head(status, contentType);
        bytes.write(body, 0, length);
        wire.write(bytes.toByteArray(), limits.transfer());
    }

    /** Starts a body of unknown length. */
    void begin(int status, String contentType) throws IOException {
        header("transfer-encoding", "chunked");
        wire.write(head(status, contentType).toByteArray(), limits.transfer());
    }

    /** Writes one chunk. It must not be empty, because an empty chunk ends the body. */
    void write(byte[] data, int offset, int length) throws IOException {
        var bytes = new ByteArrayOutputStream(length + 16);
        bytes.writeBytes(ascii(Integer.toHexString(length)));
        bytes.writeBytes(LINE_END);
        bytes.write(data, offset, length);
        bytes.writeBytes(LINE_END);
        wire.write(bytes.toByteArray(), limits.transfer());
    }

    void end() throws IOException {
        wire.write(LAST_CHUNK, limits.transfer());
    }

    /** Closes the connection within an answer: by a reset, or by an ordinary close before the end of the body. */
    void cut(boolean byReset) throws IOException {
        isLast = true;
        if (byReset) {
            wire.reset();
        } else {
            wire.close();
        }
    }

    void pause(Duration time) throws IOException {
        pauseUntil(System.nanoTime() + time.toNanos());
    }

    /** Waits until this {@link System#nanoTime()}. Fails as soon as the client closes the connection. */
    void pauseUntil(long moment) throws IOException {
        wire.waitUntil(moment);
    }

    /** Sends nothing until the client closes the connection. Always ends with an exception. */
    void stall() throws IOException {
        pause(limits.stall());
        throw new EOFException("The client did not close the connection in time");
    }

    private ByteArrayOutputStream head(int status, String contentType) {
        isBegun = true;
        var head = new StringBuilder("HTTP/1.1 ").append(status).append(status < 400 ? " OK\r\n" : " Error\r\n");
        head.append("content-type: ").append(contentType).append("\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        if (isLast) {
            head.append("connection: close\r\n");
        }
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(ascii(head.append("\r\n").toString()));
        return bytes;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
