package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory the bodies of requests may take that are being read or passed on: some are large, and many of those at once would fill the heap.
 *
 * <p>Safe for use by many threads.
 */
public final class MemoryBudget {

    /** A smaller body counts for nothing: threads run out before memory does. */
    static final long SMALL = 256 << 10;

    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);

    private final long limit;
    private final AtomicLong taken = new AtomicLong();

    /** @param limit in bytes */
    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    /**
     * Takes room for a body. A body that alone is larger than the limit has all of it.
     *
     * @param bytes its length, or the longest it may have
     * @return gives the room back, once, however often it is run
     * @throws ClaudeException {@code overloaded_error} where others have it
     */
    public Runnable take(long bytes) {
        if (bytes < SMALL) {
            return () -> { };
        }
        long wanted = Math.min(bytes, limit);
        if (taken.addAndGet(wanted) > limit) {
            taken.addAndGet(-wanted);
            throw ClaudeException.of(ErrorType.OVERLOADED, "This server is reading as many large requests as it may").withRetryAfter(TRY_AGAIN);
        }
        var isTaken = new AtomicBoolean(true);
        return () -> {
            if (isTaken.compareAndSet(true, false)) {
                taken.addAndGet(-wanted);
            }
        };
    }
}
