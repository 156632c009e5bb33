package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Watchdog;
import java.time.Duration;

/**
 * How long an attempt waits for Claude: for the next bytes of an answer that is read as it arrives, and from the
 * request on for an answer that is read as a whole. The {@link Watchdog} cuts an attempt that waits longer.
 */
final class ResponseTimeout implements Watchdog.Watched {

    /** For what follows the end of an answer. */
    static final Duration LAST = Duration.ofSeconds(1);

    private final boolean isForNextBytes;
    private final Runnable cut;
    private volatile Duration limit = Duration.ZERO;
    /** When the wait for the next bytes began, or 0 while nobody waits. */
    private volatile long waitingSince;
    /** When the request of the attempt that runs was begun, or 0. */
    private volatile long sentAt;

    private volatile boolean isTimedOut;

    /**
     * @param isForNextBytes whether the limit is for each wait; otherwise it is for the whole answer
     * @param cut ends the attempt that runs
     */
    ResponseTimeout(boolean isForNextBytes, Runnable cut) {
        this.isForNextBytes = isForNextBytes;
        this.cut = cut;
    }

    /** Begins an attempt, of which nothing was sent yet. */
    void begin(Duration newLimit) {
        limit = newLimit;
        sentAt = 0;
    }

    /** Notes that the request is being sent, and starts the wait for its answer. */
    void startSending() {
        sentAt = now();
        startWait();
    }

    /** Starts a wait for the next bytes, also after some bytes have arrived. */
    void startWait() {
        waitingSince = isForNextBytes || sentAt == 0 ? now() : sentAt;
    }

    /** Ends the wait: bytes have arrived, or nobody wants them. */
    void endWait() {
        waitingSince = 0;
    }

    /** Never 0, which means no time. */
    private static long now() {
        return System.nanoTime() | 1;
    }

    /** Shortens the limit, because everything that matters has arrived. */
    void shorten() {
        limit = LAST;
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
        if (since != 0 && Watchdog.isOver(since, now, limit)) {
            isTimedOut = true;
            cut.run();
        }
    }
}
