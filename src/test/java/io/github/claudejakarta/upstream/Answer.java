package io.github.claudejakarta.upstream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An answer that is being sent: the state that the steps of one script share. */
final class Answer {

    enum Framing {
        NONE,
        CHUNKED,
        SIZED,
        UNTIL_CLOSE
    }

    private final Socket socket;
    private final CompletableFuture<Instant> clientGone;
    private Framing framing = Framing.NONE;
    private long missing;

    Answer(Socket socket, CompletableFuture<Instant> clientGone) {
        this.socket = socket;
        this.clientGone = clientGone;
    }

    /** Plays the script, and closes the connection unless the client now has a complete answer. */
    void play(Script script) throws IOException, InterruptedException {
        for (var step : script.steps()) {
            step.play(this);
        }
        if (framing == Framing.CHUNKED && !socket.isClosed()) {
            send("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        } else if (framing != Framing.SIZED || missing != 0) {
            close();
        }
    }

    void begin(Framing framing, long length, byte[] head) throws IOException {
        this.framing = framing;
        this.missing = length;
        send(head);
    }

    void write(byte[] bytes) throws IOException {
        if (bytes.length == 0) {
            return; // A chunk of this length would end the body.
        }
        missing -= bytes.length;
        send(framing == Framing.CHUNKED ? chunk(bytes) : bytes);
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void close() throws IOException {
        socket.close();
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        close();
    }

    void awaitClientGone() throws InterruptedException {
        try {
            clientGone.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean clientGoneWithin(Duration time) throws InterruptedException {
        try {
            clientGone.get(time.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] chunk(byte[] data) {
        var chunk = new ByteArrayOutputStream(data.length + 16);
        chunk.writeBytes((Integer.toHexString(data.length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        chunk.writeBytes(data);
        chunk.writeBytes(new byte[] {'\r', '\n'});
        return chunk.toByteArray();
    }
}
