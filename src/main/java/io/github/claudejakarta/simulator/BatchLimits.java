package io.github.claudejakarta.simulator;

import java.time.Duration;

/**
 * What one simulator takes on of batches, which it has to keep.
 *
 * @param maxBody bytes of the body that creates one
 * @param maxRequests requests in one
 * @param maxBatches batches at a time, the ended ones included
 * @param maxBytes bytes of all their bodies
 * @param life from the creation to the end, where a script says nothing
 * @param cancelling from the cancellation to the end
 */
record BatchLimits(int maxBody, int maxRequests, int maxBatches, long maxBytes, Duration life, Duration cancelling) {

    private static final int CLAUDES_MAX_BODY = 256_000_000;

    /** Claude's limits, and a quarter of the heap. */
    static BatchLimits ofThisJvm() {
        var quarter = Runtime.getRuntime().maxMemory() / 4;
        return new BatchLimits(
                (int) Math.min(CLAUDES_MAX_BODY, quarter),
                100_000,
                1_000,
                quarter,
                Duration.ofSeconds(5),
                Duration.ofMillis(100));
    }

    /** These limits with another time from the creation to the end. */
    BatchLimits withLife(Duration otherLife) {
        return new BatchLimits(maxBody, maxRequests, maxBatches, maxBytes, otherLife, cancelling);
    }
}
