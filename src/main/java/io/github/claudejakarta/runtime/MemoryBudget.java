package io.github.claudejakarta.runtime;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Limits the memory that requests and answers take together while they are read, held or passed on: some are large, and
 * many of those at the same time would fill the heap. A quarter of the budget is for small ones, which large ones must
 * not hold up.
 *
 * <p>A request that is larger than the whole budget may take all of it: it is served when no other is.
 *
 * <p>Safe for use by many threads.
 */
public final class MemoryBudget {

    /** Bytes from which on a request counts as large. */
    public static final long SMALL = 256 << 10;

    private final long limit;
    private long taken;

    /** @param limit in bytes */
    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    /** A budget that refuses nothing. */
    public static MemoryBudget unlimited() {
        return new MemoryBudget(Long.MAX_VALUE);
    }

    /** The bytes that count of a request of this size: all of them, up to what large requests may take together. */
    public long share(long size) {
        return Math.min(size, most(size));
    }

    private long most(long size) {
        return size < SMALL ? limit : limit - limit / 4;
    }

    /**
     * Takes more bytes for a request.
     *
     * @param more bytes, at most the {@link #share} of the size
     * @param size of the request once it has them
     * @return whether they were there; otherwise none is taken
     */
    public synchronized boolean take(long more, long size) {
        if (taken + more > most(size)) {
            return false;
        }
        taken += more;
        return true;
    }

    /**
     * Takes more bytes, and waits while others have them.
     *
     * @return whether they were there within the time
     */
    public synchronized boolean take(long more, long size, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!take(more, size)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /** Gives bytes back. */
    public synchronized void give(long bytes) {
        taken -= bytes;
        notifyAll();
    }

    /** Bytes that are taken now. */
    public synchronized long taken() {
        return taken;
    }
}
