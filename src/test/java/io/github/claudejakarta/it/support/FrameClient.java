package io.github.claudejakarta.it.support;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A WebSocket client that controls each frame, and can leave a frame unfinished. Its masks are zero, so payloads are
 * unchanged.
 */
public final class FrameClient implements AutoCloseable {

    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    private final Socket socket;
    private final DataInputStream in;

    /** A frame of the server. */
    public record Frame(int opcode, byte[] payload) {

        public JsonObject json() {
            return Api.json(new String(payload, UTF_8));
        }

        public int closeCode() {
            return opcode == CLOSE ? ByteBuffer.wrap(payload).getShort() & 0xFFFF : -1;
        }
    }

    /**
     * Opens a WebSocket.
     *
     * @param socket a connected socket, possibly with TLS
     */
    public FrameClient(Socket socket, String path, String... headers) throws IOException {
        this.socket = socket;
        socket.setSoTimeout((int) Api.TIMEOUT.toMillis());
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        var head = new StringBuilder(
                "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        socket.getOutputStream().write(head.append("\r\n").toString().getBytes(ISO_8859_1));
        String answer = head();
        if (!answer.startsWith("HTTP/1.1 101 ")) {
            throw new IOException("not opened: " + answer);
        }
    }

    public static FrameClient connect(String path, String... headers) throws IOException {
        return new FrameClient(new Socket(Api.SERVER.getHost(), Api.SERVER.getPort()), path, headers);
    }

    private String head() throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        return head.toString();
    }

    public FrameClient write(byte[] bytes, int offset, int length) throws IOException {
        socket.getOutputStream().write(bytes, offset, length);
        return this;
    }

    public FrameClient write(byte... bytes) throws IOException {
        return write(bytes, 0, bytes.length);
    }

    public FrameClient head(int opcode, boolean isFinal, long length) throws IOException {
        var head = new ByteArrayOutputStream();
        head.write((isFinal ? 0x80 : 0) | opcode);
        int size = length < 126 ? 0 : length < 1 << 16 ? 2 : 8;
        head.write(0x80 | (int) (size == 0 ? length : size == 2 ? 126 : 127));
        for (int i = size - 1; i >= 0; i--) {
            head.write((int) (length >> 8 * i));
        }
        head.writeBytes(new byte[4]);
        return write(head.toByteArray());
    }

    public FrameClient frame(int opcode, boolean isFinal, byte[] payload) throws IOException {
        return head(opcode, isFinal, payload.length).write(payload);
    }

    public FrameClient text(String text) throws IOException {
        return frame(TEXT, true, text.getBytes(UTF_8));
    }

    /** Sends one message in several frames, which end at these positions. */
    public FrameClient fragments(byte[] message, int... cuts) throws IOException {
        int at = 0;
        for (int cut : cuts) {
            frame(at == 0 ? TEXT : CONTINUATION, false, Arrays.copyOfRange(message, at, cut));
            at = cut;
        }
        return frame(CONTINUATION, true, Arrays.copyOfRange(message, at, message.length));
    }

    public Frame next() throws IOException {
        int opcode = in.readUnsignedByte() & 0x0F;
        long length = in.readUnsignedByte();
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = in.readLong();
        }
        return new Frame(opcode, in.readNBytes((int) length));
    }

    /** Reads the text of all messages until the server closes the socket with this code. */
    public String restUntilClosed(int code) throws IOException {
        var text = new StringBuilder();
        for (Frame frame = next(); true; frame = next()) {
            if (frame.opcode() == CLOSE) {
                if (frame.closeCode() != code) {
                    throw new AssertionError("closed with " + frame.closeCode() + " after " + text);
                }
                return text.toString();
            }
            text.append(new String(frame.payload(), UTF_8));
        }
    }

    /** Returns whether the server ends the connection. */
    public boolean isEnded() {
        try {
            return in.read() < 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Returns whether the server ends the connection after it has sent the remaining data. */
    public boolean isCutOff() {
        try {
            in.transferTo(OutputStream.nullOutputStream());
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
