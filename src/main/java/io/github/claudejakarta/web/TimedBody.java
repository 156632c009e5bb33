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
 * The body of a request, which must keep coming: a server's own read time-out begins anew with each byte, so that a
 * client which sends one now and then would hold a thread for ever. Liberty's stream gives nothing before it has some
 * kilobytes, so that somebody else has to look at the clock meanwhile: {@link #isTooSlow} is for whoever can end the
 * read then. What the reader does between two reads is not the client's fault, and does not count.
 *
 * <p>Read by one thread; {@link #isTooSlow} may be asked by others.
 */
public final class TimedBody extends FilterInputStream {

    /** Once the time is over that any body may take; a client with less than this has no use for an answer either. */
    static final long BYTES_A_SECOND = 10_000;

    private static final int TIMEOUT = 408;

    private final Duration allowed;
    private final Ticker ticker;
    private long received;
    /** Waited for in reads that have ended, in nanoseconds. */
    private long waited;

    private boolean isReading;
    private long readBegan;
    private boolean isGivenUp;
    private ClaudeException refusal;

    /**
     * @param allowed what a body may take in any case; a longer one, as long as it takes at {@value #BYTES_A_SECOND}
     *     bytes a second
     */
    public TimedBody(InputStream body, Duration allowed, Ticker ticker) {
        super(body);
        this.allowed = allowed;
        this.ticker = ticker;
    }

    /** @throws ClaudeException {@code timeout_error} (408) where it is too slow */
    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** @throws ClaudeException {@code timeout_error} (408) where it is too slow */
    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        begin();
        int count = 0;
        try {
            count = in.read(buffer, offset, length);
        } catch (SocketTimeoutException e) {
            // The server's own time-out, of one read.
            giveUp();
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

    private synchronized void giveUp() {
        isGivenUp = true;
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
     * To be asked now and then by another thread.
     *
     * @return whether somebody waits for more of it, and it has taken longer than it may: then the read is to be ended,
     *     and will say so
     */
    public synchronized boolean isTooSlow() {
        isGivenUp |= isReading && isLate();
        return isGivenUp;
    }

    /**
     * Gives the body up, if somebody waits for more of it now: the read is to be ended, and throws this error.
     *
     * @return whether somebody waits
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

    /** @param isMore at the end it does not matter any more how long it took, unless somebody has ended it */
    private synchronized void requireInTime(boolean isMore, IOException cause) {
        if (refusal != null) {
            throw refusal;
        }
        if (isGivenUp || isMore && isLate()) {
            throw tooSlow(cause);
        }
    }

    private ClaudeException tooSlow(IOException cause) {
        return ClaudeException.of(
                        TIMEOUT,
                        ErrorType.TIMEOUT,
                        "The request body came too slowly: " + received + " bytes in "
                                + Duration.ofNanos(waited()).toSeconds() + " s")
                .withCause(cause);
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
