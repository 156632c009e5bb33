package io.github.claudejakarta.net;

import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * Writes a request's body to the socket, and stops when the server answers. Before each slice it checks for a response.
 * {@link Watchdog} ends a write that makes no progress while unread bytes are waiting.
 */
final class EarlyResponseWatch extends OutputStream implements Watchdog.Watched {

    /**
     * The number of bytes that are written between two checks for a response; a check is one system call. It is also
     * the maximum that a channel copies to memory outside the heap for one write.
     */
    private static final int SLICE = 64 << 10;
    /**
     * The time after which a write counts as stuck. Slow servers continue to read within it. The unread bytes may be an
     * interim response, or bytes of TLS.
     */
    private static final Duration STUCK = Duration.ofSeconds(5);

    private final GuardedConnection connection;
    private final OutputStream socket;
    /** The time when the current write began; 0 without a write. */
    private volatile long writingSince;

    EarlyResponseWatch(GuardedConnection connection, OutputStream socket) {
        this.connection = connection;
        this.socket = socket;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        for (int sent = 0; sent < length; sent += SLICE) {
            requireUnanswered();
            writeSlice(bytes, from + sent, Math.min(SLICE, length - sent));
        }
    }

    private void requireUnanswered() throws IOException {
        if (connection.isCutShort() || connection.hasEarlyResponse()) {
            throw new IOException("The server answered before the whole request was sent");
        }
    }

    private void writeSlice(byte[] bytes, int from, int length) throws IOException {
        writingSince = connection.watchdog().now() | 1;
        connection.watchdog().watch(this);
        try {
            socket.write(bytes, from, length);
        } catch (IOException e) {
            connection.stopSending(e);
            throw e;
        } finally {
            connection.watchdog().forget(this);
            writingSince = 0;
        }
    }

    @Override
    public void flush() throws IOException {
        socket.flush();
    }

    @Override
    public void check(long now) {
        long since = writingSince;
        if (since != 0 && Watchdog.isExceeded(since, now, STUCK) && hasUnread()) {
            connection.endSending();
        }
    }

    private boolean hasUnread() {
        try {
            return connection.hasUnread();
        } catch (IOException e) {
            return false;
        }
    }
}
