package io.github.claudejakarta.durable;

import java.util.function.LongSupplier;

/**
 * Estimates how many bytes are stored: the bytes at the last measurement, so that no submission waits for one, and the
 * bytes that this server has added since. What other servers add meanwhile is seen at the next measuring.
 *
 * <p>Safe for use by many threads.
 */
public final class StorageEstimate {

    private final LongSupplier measure;
    private boolean isStale = true;
    private long bytes;

    /** @param measure reads the stored bytes from the database; runs in {@link #measure} */
    public StorageEstimate(LongSupplier measure) {
        this.measure = measure;
    }

    /** Returns whether there is room for this many bytes more, which then count as added. */
    public synchronized boolean add(long more, long limit) {
        isStale = true;
        if (bytes + more > limit) {
            return false;
        }
        bytes += more;
        return true;
    }

    /** Measures again, unless nothing was added since. Call it regularly, and not in a transaction. */
    public void measure() {
        synchronized (this) {
            if (!isStale) {
                return;
            }
            isStale = false;
        }
        long measured = measure.getAsLong();
        synchronized (this) {
            bytes = measured;
        }
    }
}
