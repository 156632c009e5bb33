package io.github.claudejakarta.simulator;

import java.time.Duration;

/**
 * The limits of batches in one simulator, which stores them in memory.
 *
 * @param maxBody the limit of the body that creates a batch, in bytes
 * @param maxRequests the limit of requests in a batch
 * @param maxBatches the limit of stored batches, including ended ones
 * @param maxBytes the limit of the bodies of all stored batches, in bytes
 * @param life the time from the creation of a batch to its end, unless a script sets another
 * @param canceling the time from the cancellation of a batch to its end
 */
record BatchLimits(int maxBody, int maxRequests, int maxBatches, long maxBytes, Duration life, Duration canceling) {

    private static final int CLAUDE_MAX_BODY = 256_000_000;

    /** Returns Claude's limits; bodies are also limited to a quarter of the heap. */
    static BatchLimits ofThisJvm() {
        var quarter = Runtime.getRuntime().maxMemory() / 4;
        return new BatchLimits(
                (int) Math.min(CLAUDE_MAX_BODY, quarter),
                100_000,
                1_000,
                quarter,
                Duration.ofSeconds(5),
                Duration.ofMillis(100));
    }

    /** Returns these limits with another time from the creation to the end. */
    BatchLimits withLife(Duration otherLife) {
        return new BatchLimits(maxBody, maxRequests, maxBatches, maxBytes, otherLife, canceling);
    }
}
