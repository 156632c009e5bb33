package io.github.claudejakarta.socket;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.Caller;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** A socket whose client is the test. It has the sent frames, and a clock that the test moves. */
final class TestSocket implements AutoCloseable {

    private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final int LENGTH_OF_16_BITS = 126;

    private final AtomicLong now = new AtomicLong(1);
    private final Watchdog watchdog = new Watchdog(now::get);
    private final WorkerThreads threads = new WorkerThreads(
            Thread::new, 10, task -> task, cause -> new IllegalStateException("There is no thread", cause));
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final SocketEntry entry = new SocketEntry(Caller.LOCAL, Map.of(), List.of(), threads);
    private final SocketClient client;
    private boolean hasLeft;

    /**
     * Creates a socket.
     *
     * @param parameters the parameters of the query, as {@code name, value, ...}
     */
    TestSocket(String... parameters) {
        var query = new TreeMap<String, String[]>();
        for (int i = 0; i < parameters.length; i += 2) {
            query.put(parameters[i], new String[] {"first", parameters[i + 1]});
        }
        client = new SocketClient(entry, query, ClientConnection.UNKNOWN, this::write, watchdog, WRITE_TIMEOUT);
    }

    private synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        if (hasLeft) {
            throw new IOException("The client has left");
        }
        sent.write(bytes, offset, length);
        notifyAll();
    }

    /** Waits until the server has closed the socket. Returns the sent frames. */
    synchronized List<String> awaitClosed() throws InterruptedException {
        return await("CLOSE ");
    }

    /** Waits for a frame with this beginning. Returns the sent frames. */
    synchronized List<String> await(String beginning) throws InterruptedException {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (frames().stream().noneMatch(frame -> frame.startsWith(beginning))) {
            long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            if (left <= 0) {
                throw new AssertionError("no " + beginning + " among " + frames());
            }
            wait(left);
        }
        return frames();
    }

    SocketClient client() {
        return client;
    }

    SocketEntry entry() {
        return entry;
    }

    Watchdog watchdog() {
        return watchdog;
    }

    /** Makes all later writes to the client fail. */
    synchronized void leave() {
        hasLeft = true;
    }

    void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    long now() {
        return now.get();
    }

    /**
     * Returns the sent frames: a text unchanged, any other frame as its name and its payload, for example {@code PING}
     * or {@code CLOSE 1000 reason}.
     */
    synchronized List<String> frames() {
        byte[] bytes = sent.toByteArray();
        var frames = new ArrayList<String>();
        for (int at = 0; at < bytes.length; ) {
            int length = bytes[at + 1];
            int header = 2;
            if (length == LENGTH_OF_16_BITS) {
                length = (bytes[at + 2] & 0xFF) << 8 | bytes[at + 3] & 0xFF;
                header = 4;
            }
            frames.add(frame(bytes[at] & 0x0F, bytes, at + header, length));
            at += header + length;
        }
        return frames;
    }

    private static String frame(int opcode, byte[] bytes, int offset, int length) {
        return switch (opcode) {
            case ClientFrames.TEXT -> new String(bytes, offset, length, UTF_8);
            case ClientFrames.CLOSE ->
                ("CLOSE " + ((bytes[offset] & 0xFF) << 8 | bytes[offset + 1] & 0xFF) + " "
                                + new String(bytes, offset + 2, length - 2, UTF_8))
                        .strip();
            case ClientFrames.PING -> ("PING " + new String(bytes, offset, length, UTF_8)).strip();
            case ClientFrames.PONG -> ("PONG " + new String(bytes, offset, length, UTF_8)).strip();
            default -> throw new AssertionError("opcode " + opcode);
        };
    }

    @Override
    public void close() {
        threads.close();
        watchdog.close();
    }
}
