package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Watchdog;
import java.time.Duration;

/**
 * The time limit of an attempt's wait for Claude. For a streamed answer it limits each wait for the next bytes; for a
 * whole answer it limits the time from the request to the end. {@link Watchdog} cuts an attempt that waits longer.
 */
final class ResponseTimeout implements Watchdog.Watched {

    /** The limit after the end of an answer, for the end of its body. */
    static final Duration DRAIN_LIMIT = Duration.ofSeconds(1);

    private final boolean isForNextBytes;
    private final Runnable cut;
    private volatile Duration limit = Duration.ZERO;
    /** The time when the wait for the next bytes began; 0 while no thread waits. */
    private volatile long waitingSince;
    /** The time when sending the request of the current attempt began; 0 before. */
    private volatile long sentAt;

    private volatile boolean isTimedOut;

    /**
     * @param isForNextBytes whether the limit is for each wait; otherwise it is for the whole answer
     * @param cut ends the current attempt
     */
    ResponseTimeout(boolean isForNextBytes, Runnable cut) {
        this.isForNextBytes = isForNextBytes;
        this.cut = cut;
    }

    /** Begins an attempt, before its request is sent. */
    void begin(Duration newLimit) {
        limit = newLimit;
        sentAt = 0;
    }

    /** Records that the request is being sent, and starts the wait for its answer. */
    void startSending() {
        sentAt = now();
        startWait();
    }

    /** Starts a wait for the next bytes, or restarts it after some bytes have arrived. */
    void startWait() {
        waitingSince = isForNextBytes || sentAt == 0 ? now() : sentAt;
    }

    /** Ends the wait, because bytes have arrived or are no longer needed. */
    void endWait() {
        waitingSince = 0;
    }

    /** Returns the current time, which is never 0. */
    private static long now() {
        return System.nanoTime() | 1;
    }

    /** Shortens the limit, because the terminal event has arrived. */
    void shorten() {
        limit = DRAIN_LIMIT;
    }

    boolean isTimedOut() {
        return isTimedOut;
    }

    ClaudeException timeout() {
        return ClaudeException.of(
                ErrorType.TIMEOUT,
                isForNextBytes
                        ? "Claude sent nothing for " + limit.toSeconds() + " s"
                        : "Claude did not answer within " + limit.toSeconds() + " s");
    }

    @Override
    public void check(long now) {
        long since = waitingSince;
        if (since != 0 && Watchdog.isExceeded(since, now, limit)) {
            isTimedOut = true;
            cut.run();
        }
    }
}
