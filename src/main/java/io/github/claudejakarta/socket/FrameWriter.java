package io.github.claudejakarta.socket;

import io.github.claudejakarta.runtime.Ticker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes frames to a client (RFC 6455, section 5). Each method blocks until the connection has accepted the frame.
 * Another thread uses {@link #writingSince} to find a client that reads nothing.
 *
 * <p>Safe for use by many threads. Frames never mix.
 */
final class FrameWriter {

    /** Writes and flushes bytes. */
    interface Sink {
        void write(byte[] bytes, int offset, int length) throws IOException;
    }

    private static final int FINAL = 0x80;
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    /**
     * The size of the pieces in which Liberty buffers a connection's output. Pieces of this size need one such buffer.
     */
    private static final int PIECE = 8_192;

    private static final int MAX_HEADER = 10;
    private static final int MAX_REASON = 123;
    private static final Runnable NO_PROGRESS = () -> {};

    private final Sink sink;
    private final Ticker ticker;
    private final ReentrantLock lock = new ReentrantLock();
    /** The payload of the last ping that was not answered. */
    private final AtomicReference<byte[]> unansweredPing = new AtomicReference<>();

    private volatile boolean isClosed;
    /** Whether a frame was written only partly. */
    private volatile boolean isBroken;

    private volatile long writingSince;

    /**
     * Creates a writer.
     *
     * @param ticker the clock of {@link #writingSince}
     */
    FrameWriter(Sink sink, Ticker ticker) {
        this.sink = sink;
        this.ticker = ticker;
    }

    /**
     * Writes a text message in one frame.
     *
     * @param progress runs each time the connection has accepted a part of it
     * @throws IOException if the client has left, or the socket is closed
     */
    void text(String text, Runnable progress) throws IOException {
        frame(TEXT, text.getBytes(StandardCharsets.UTF_8), progress);
    }

    void ping() throws IOException {
        frame(PING, new byte[0], NO_PROGRESS);
    }

    /**
     * Answers a ping, immediately or after the frame that another thread is writing. It never waits for that thread. If
     * several pings wait, only the last is answered.
     */
    void pong(byte[] payload) throws IOException {
        unansweredPing.set(payload);
        answerPing();
    }

    /**
     * Answers a waiting ping. If a ping arrives just before the lock is released, the thread that released the lock
     * answers it.
     */
    private void answerPing() throws IOException {
        while (unansweredPing.get() != null && lock.tryLock()) {
            try {
                byte[] payload = unansweredPing.getAndSet(null);
                if (payload != null && !isClosed && !isBroken) {
                    write(PONG, payload, NO_PROGRESS);
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void frame(int opcode, byte[] payload, Runnable progress) throws IOException {
        lock.lock();
        try {
            if (isClosed || isBroken) {
                throw new IOException("The socket is closed");
            }
            write(opcode, payload, progress);
        } finally {
            lock.unlock();
        }
        answerPing();
    }

    /**
     * Writes a close frame, unless one was written before. No frame follows it.
     *
     * @param limit the time to wait for a frame that another thread is writing
     * @return whether a close frame was written, now or before
     */
    boolean close(CloseCode code, String reason, Duration limit) throws IOException, InterruptedException {
        if (!lock.tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            return false;
        }
        try {
            if (isBroken) {
                return false;
            }
            if (!isClosed) {
                isClosed = true;
                byte[] text = reason.getBytes(StandardCharsets.US_ASCII);
                byte[] payload = Arrays.copyOf(
                        new byte[] {(byte) (code.value() >> 8), (byte) code.value()},
                        2 + Math.min(text.length, MAX_REASON));
                System.arraycopy(text, 0, payload, 2, payload.length - 2);
                write(CLOSE, payload, NO_PROGRESS);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void write(int opcode, byte[] payload, Runnable progress) throws IOException {
        byte[] first = new byte[Math.min(PIECE, MAX_HEADER + payload.length)];
        int header = header(first, opcode, payload.length);
        int written = Math.min(payload.length, first.length - header);
        System.arraycopy(payload, 0, first, header, written);
        isBroken = true;
        try {
            write(first, 0, header + written);
            while (written < payload.length) {
                progress.run();
                int count = Math.min(PIECE, payload.length - written);
                write(payload, written, count);
                written += count;
            }
            isBroken = false;
        } finally {
            writingSince = 0;
        }
    }

    private static int header(byte[] bytes, int opcode, int length) {
        bytes[0] = (byte) (FINAL | opcode);
        int size = length < 126 ? 0 : length < 1 << 16 ? 2 : 8;
        bytes[1] = (byte) (size == 0 ? length : size == 2 ? 126 : 127);
        for (int i = 0; i < size; i++) {
            bytes[2 + i] = (byte) ((long) length >> 8 * (size - 1 - i));
        }
        return 2 + size;
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        writingSince = ticker.getAsLong() | 1;
        sink.write(bytes, offset, length);
    }

    /**
     * Returns the time since which the connection has accepted nothing of a frame; 0 while no frame is being written.
     */
    long writingSince() {
        return writingSince;
    }
}
