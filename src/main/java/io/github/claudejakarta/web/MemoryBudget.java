package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory the bodies of requests may take that are being read or passed on: some are large, and many of those at once would fill the
 * heap. A quarter of it is for small ones alone, which large ones are not to hold up.
 *
 * <p>Safe for use by many threads.
 */
public final class MemoryBudget {

    /** What a small body has less of, in bytes. */
    static final long SMALL = 256 << 10;

    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);

    private final long limit;
    private final AtomicLong taken = new AtomicLong();

    /** @param limit in bytes */
    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    /** The most that a body of this size can take: a larger one than all that large ones may have has all of that. */
    long share(long size) {
        return Math.min(size, most(size));
    }

    private long most(long size) {
        return size < SMALL ? limit : limit - limit / 4;
    }

    /**
     * @param more of a body whose size is now this
     * @throws ClaudeException {@code overloaded_error} where others have it; then nothing is taken
     */
    void take(long more, long size) {
        if (taken.addAndGet(more) > most(size)) {
            give(more);
            throw ClaudeException.of(ErrorType.OVERLOADED, "This server is reading as many large requests as it may").withRetryAfter(TRY_AGAIN);
        }
    }

    void give(long bytes) {
        taken.addAndGet(-bytes);
    }
}
