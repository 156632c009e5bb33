package io.github.claudejakarta.net;

import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * The way of a request's body to the socket, which ends as soon as the server answers. Between two slices it looks for
 * a response. A write that makes no progress while there is something to read is ended by {@link Watchdog}.
 */
final class EarlyResponseWatch extends OutputStream implements Watchdog.Watched {

    /**
     * One system call looks for a response; also the most that a channel copies to memory outside of the heap for one
     * write.
     */
    private static final int SLICE = 64 << 10;
    /** Slow servers read again within it, unread bytes may be an interim response or TLS's own. */
    private static final Duration STUCK = Duration.ofSeconds(5);

    private final GuardedConnection connection;
    private final OutputStream socket;
    /** When the write that runs began, or 0. */
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
            throw new IOException("The server answered before the request was sent whole");
        }
    }

    private void writeSlice(byte[] bytes, int from, int length) throws IOException {
        writingSince = connection.watchdog().now() | 1;
        connection.watchdog().watch(this);
        try {
            socket.write(bytes, from, length);
        } catch (IOException e) {
            connection.couldNotSend(e);
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
        if (since != 0 && Watchdog.isOver(since, now, STUCK) && hasUnread()) {
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
