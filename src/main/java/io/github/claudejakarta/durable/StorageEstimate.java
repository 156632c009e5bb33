package io.github.claudejakarta.durable;

import java.util.function.LongSupplier;

/**
 * Estimates how many bytes are stored: the bytes at the last measurement plus the bytes that this server has added
 * since. A submission therefore never waits for a measurement. Bytes added by other servers count from the next
 * measurement on.
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

    /**
     * Adds bytes to the estimate if the sum stays within the limit.
     *
     * @return whether they were added
     */
    public synchronized boolean add(long more, long limit) {
        isStale = true;
        if (bytes + more > limit) {
            return false;
        }
        bytes += more;
        return true;
    }

    /**
     * Measures again, unless no bytes were added since the last measurement. Call it regularly, and not in a
     * transaction.
     */
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
