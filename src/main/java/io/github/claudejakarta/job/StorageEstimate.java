package io.github.claudejakarta.job;

import java.util.function.LongSupplier;

/**
 * Estimates how many bytes are stored: the bytes at the last measurement, so that no submission waits for one, and the
 * bytes that this server has added since. What other servers add meanwhile is seen at the next measuring.
 *
 * <p>Safe for use by many threads.
 */
final class StorageEstimate {

    private final LongSupplier measure;
    private boolean isStale = true;
    private long bytes;

    StorageEstimate(LongSupplier measure) {
        this.measure = measure;
    }

    /** @return whether there is room for so much more, which then counts as added */
    synchronized boolean add(long more, long limit) {
        isStale = true;
        if (bytes + more > limit) {
            return false;
        }
        bytes += more;
        return true;
    }

    /** Measures again, if anybody has asked since. To be called now and then, and in nobody's transaction. */
    void measure() {
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
