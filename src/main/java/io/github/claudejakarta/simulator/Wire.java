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

/** The bytes of one connection: reads and writes that are overdue some day, and waits that see the client leave. */
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

    /** From now on {@link #isOverdue} after this time, until the next call. */
    void expire(Duration after) {
        deadline = System.nanoTime() + after.toNanos();
        isTimed = true;
    }

    void expireNever() {
        isTimed = false;
    }

    boolean isOverdue() {
        return isTimed && System.nanoTime() - deadline > 0;
    }

    void write(byte[] bytes, Duration limit) throws IOException {
        expire(limit);
        socket.getOutputStream().write(bytes);
        expireNever();
    }

    /** Waits until this {@link System#nanoTime()}; fails as soon as the client leaves. */
    void waitUntil(long moment) throws IOException {
        var isQuiet = true;
        for (long left; (left = moment - System.nanoTime()) > 0; ) {
            if (Thread.interrupted()) {
                throw new InterruptedIOException();
            }
            if (isQuiet && left >= MILLISECOND) {
                isQuiet = isQuietFor((int) Math.min(left / MILLISECOND, Integer.MAX_VALUE));
            } else {
                LockSupport.parkNanos(left);
            }
        }
    }

    /** Reading is how a closed connection is noticed without writing. What a client sends too early stays for later. */
    private boolean isQuietFor(int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            in.mark(1);
            if (in.read() < 0) {
                throw new EOFException("The client left");
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
     * Half a close, and time for the client to read the answer: closing over unread input would reset the connection.
     */
    void finish(Duration limit) throws IOException {
        expire(limit);
        socket.shutdownOutput();
        in.transferTo(OutputStream.nullOutputStream());
    }

    /** Drops the connection by a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
