package io.github.claudejakarta.runtime;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Limits the memory that all requests and answers use together while they are read, held or passed on. Many large
 * requests at the same time would fill the heap. A quarter of the budget is only for small requests, so that large ones
 * cannot block them.
 *
 * <p>A request that is larger than the rest of the budget reserves all of that rest. It is served when no other request
 * is.
 *
 * <p>Safe for use by many threads.
 */
public final class MemoryBudget {

    /** The size in bytes from which a request counts as large. */
    public static final long SMALL = 256 << 10;

    private final long limit;
    private long reserved;

    /**
     * Creates a budget.
     *
     * @param limit the limit in bytes
     */
    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    /** Returns a budget without a limit. */
    public static MemoryBudget unlimited() {
        return new MemoryBudget(Long.MAX_VALUE);
    }

    /** Returns the bytes that a request of this size reserves: its size, up to the budget for requests of its kind. */
    public long share(long size) {
        return Math.min(size, budgetFor(size));
    }

    private long budgetFor(long size) {
        return size < SMALL ? limit : limit - limit / 4;
    }

    /**
     * Reserves more bytes for a request.
     *
     * @param more the bytes, at most the {@link #share} of the size
     * @param size the size of the request with these bytes
     * @return whether the bytes were available; otherwise nothing is reserved
     */
    public synchronized boolean tryReserve(long more, long size) {
        if (reserved + more > budgetFor(size)) {
            return false;
        }
        reserved += more;
        return true;
    }

    /**
     * Reserves more bytes, and waits until they are available.
     *
     * @return whether the bytes were available within the time
     */
    public synchronized boolean tryReserve(long more, long size, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!tryReserve(more, size)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /** Releases bytes. */
    public synchronized void release(long bytes) {
        reserved -= bytes;
        notifyAll();
    }

    /** Returns the bytes that are reserved now. */
    public synchronized long reserved() {
        return reserved;
    }
}
