package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Ticker;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * The body of a request, with a limit for slow clients. A server's own read time-out restarts with each byte, so a
 * client that sends one byte now and then would occupy a thread forever.
 *
 * <p>Liberty's stream returns nothing before it has some kilobytes. Therefore another thread has to check the time: it
 * calls {@link #isTooSlow}, and ends the read. Only the time within reads counts; the time that the reader spends
 * between two reads does not.
 *
 * <p>Read by one thread. Other threads may call {@link #isTooSlow} and {@link #refuse}.
 */
public final class TimedBody extends FilterInputStream {

    /**
     * The slowest rate that is accepted after the initial time, in bytes a second. A slower client could not use an
     * answer either.
     */
    static final long BYTES_A_SECOND = 10_000;

    private static final int TIMEOUT = 408;

    private final Duration allowed;
    private final Ticker ticker;
    private long received;
    /** The time spent in reads that have ended, in nanoseconds. */
    private long waited;

    private boolean isReading;
    private long readBegan;
    private boolean isAbandoned;
    private ClaudeException refusal;

    /**
     * Creates a body with a time limit.
     *
     * @param allowed the time that every body may take. A longer body may also take the time that it needs at
     *     {@value #BYTES_A_SECOND} bytes a second
     */
    public TimedBody(InputStream body, Duration allowed, Ticker ticker) {
        super(body);
        this.allowed = allowed;
        this.ticker = ticker;
    }

    /**
     * Reads from the body.
     *
     * @throws ClaudeException {@code timeout_error} (408) if the body arrives too slowly
     */
    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /**
     * Reads from the body.
     *
     * @throws ClaudeException {@code timeout_error} (408) if the body arrives too slowly
     */
    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        begin();
        int count = 0;
        try {
            count = in.read(buffer, offset, length);
        } catch (SocketTimeoutException e) {
            // The server's own time-out of one read.
            abandon();
            requireInTime(false, e);
            throw e;
        } catch (IOException e) {
            requireInTime(false, e);
            throw e;
        } finally {
            end(count);
        }
        requireInTime(count >= 0, null);
        return count;
    }

    private synchronized void abandon() {
        isAbandoned = true;
    }

    private synchronized void begin() {
        readBegan = ticker.getAsLong();
        isReading = true;
    }

    private synchronized void end(int count) {
        isReading = false;
        waited += ticker.getAsLong() - readBegan;
        received += Math.max(0, count);
    }

    /**
     * Returns whether the body arrives too slowly. Another thread calls this regularly, and ends the read if it returns
     * true. The read then throws the error.
     *
     * @return whether a read is in progress and has exceeded its time
     */
    public synchronized boolean isTooSlow() {
        isAbandoned |= isReading && isLate();
        return isAbandoned;
    }

    /**
     * Abandons the body if a read is in progress. The caller then ends the read, which throws this error.
     *
     * @return whether a read is in progress
     */
    public synchronized boolean refuse(ClaudeException why) {
        if (isReading && refusal == null) {
            refusal = why;
        }
        return isReading;
    }

    private long waited() {
        return isReading ? waited + ticker.getAsLong() - readBegan : waited;
    }

    private boolean isLate() {
        long late = waited() - allowed.toNanos();
        return late > 0 && received / (double) BYTES_A_SECOND < late / 1e9;
    }

    /**
     * Checks the time.
     *
     * @param isMore whether more may follow. At the end of the body its duration no longer matters, unless another
     *     thread has ended the read
     */
    private synchronized void requireInTime(boolean isMore, IOException cause) {
        if (refusal != null) {
            throw refusal;
        }
        if (isAbandoned || isMore && isLate()) {
            throw tooSlow(cause);
        }
    }

    private ClaudeException tooSlow(IOException cause) {
        return ClaudeException.of(
                        TIMEOUT,
                        ErrorType.TIMEOUT,
                        "The request body arrived too slowly: " + received + " bytes in "
                                + Duration.ofNanos(waited()).toSeconds() + " s. Retry, or send a smaller body.")
                .withCause(cause);
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
