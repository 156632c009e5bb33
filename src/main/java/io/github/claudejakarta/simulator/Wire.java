package io.github.claudejakarta.simulator;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads and writes the bytes of one connection, with time limits. Its waits end when the client closes the connection.
 */
final class Wire implements Closeable {

    private static final long MILLISECOND = TimeUnit.MILLISECONDS.toNanos(1);

    private final Socket socket;
    private final InputStream in;
    private volatile boolean isTimed;
    private volatile long deadline;

    Wire(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream());
    }

    InputStream in() {
        return in;
    }

    /** Sets a time limit: after this time {@link #isOverdue} returns true. */
    void setTimeLimit(Duration after) {
        deadline = System.nanoTime() + after.toNanos();
        isTimed = true;
    }

    void removeTimeLimit() {
        isTimed = false;
    }

    boolean isOverdue() {
        return isTimed && System.nanoTime() - deadline > 0;
    }

    void write(byte[] bytes, Duration limit) throws IOException {
        setTimeLimit(limit);
        socket.getOutputStream().write(bytes);
        removeTimeLimit();
    }

    /** Waits until this {@link System#nanoTime()}. Fails as soon as the client closes the connection. */
    void waitUntil(long moment) throws IOException {
        var isSilent = true;
        for (long left; (left = moment - System.nanoTime()) > 0; ) {
            if (Thread.interrupted()) {
                throw new InterruptedIOException();
            }
            if (isSilent && left >= MILLISECOND) {
                isSilent = isSilentFor((int) Math.min(left / MILLISECOND, Integer.MAX_VALUE));
            } else {
                LockSupport.parkNanos(left);
            }
        }
    }

    /**
     * Waits for input without consuming it, because only a read detects a closed connection without a write.
     *
     * @return false if the client has sent bytes of its next request
     */
    private boolean isSilentFor(int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            in.mark(1);
            if (in.read() < 0) {
                throw new EOFException("The client closed the connection");
            }
            in.reset();
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } finally {
            socket.setSoTimeout(0);
        }
    }

    /**
     * Ends the output, and gives the client time to read the answer. Closing a socket with unread input would reset the
     * connection.
     */
    void finish(Duration limit) throws IOException {
        setTimeLimit(limit);
        socket.shutdownOutput();
        in.transferTo(OutputStream.nullOutputStream());
    }

    /** Resets the connection. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
