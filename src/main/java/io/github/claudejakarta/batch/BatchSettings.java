package io.github.claudejakarta.batch;

import java.time.Duration;

/**
 * The settings of batches. Each component is the configuration key {@code claude.batch.} and its name.
 *
 * @param canRunUnattended whether the server can send a batch's requests without its caller: it has a key, or needs
 *     none
 * @param pollInterval the interval of polls for a part that was sent a moment ago
 * @param maxPollInterval the interval of polls for a part that was sent long ago
 * @param maxConcurrent parts that Claude works on at one time, on all servers with one database
 * @param maxPartRequests requests of one part; Anthropic accepts 100,000
 * @param maxPartBytes bytes of one part; Anthropic accepts 256 MB
 * @param resubmitExpired how many times expired requests are resubmitted automatically
 * @param lookup how long the server looks for a part whose answer was lost before it sends the part again
 * @param retention how long a batch and its requests are stored after its end
 * @param maxBytes bytes of all stored requests; beyond that, submissions are rejected until batches are deleted
 */
public record BatchSettings(
        boolean canRunUnattended,
        Duration pollInterval,
        Duration maxPollInterval,
        int maxConcurrent,
        int maxPartRequests,
        long maxPartBytes,
        int resubmitExpired,
        Duration lookup,
        Duration retention,
        long maxBytes) {

    static final int ANTHROPIC_REQUESTS = 100_000;
    /** 256 MB, in decimal units: Anthropic does not say which units it means, and these are smaller. */
    static final long ANTHROPIC_BYTES = 256_000_000;

    /** The default settings of a server without a key. */
    public static final BatchSettings DEFAULTS = new BatchSettings(
            false,
            Duration.ofSeconds(5),
            Duration.ofSeconds(60),
            10,
            ANTHROPIC_REQUESTS,
            ANTHROPIC_BYTES,
            0,
            Duration.ofSeconds(60),
            Duration.ofDays(30),
            20_000_000_000L);

    public BatchSettings {
        requirePositive(pollInterval, "poll-interval");
        requirePositive(lookup, "lookup");
        requirePositive(retention, "retention");
        requireBetween(1, maxConcurrent, Integer.MAX_VALUE, "max-concurrent");
        requireBetween(1, maxPartRequests, ANTHROPIC_REQUESTS, "max-part-requests");
        requireBetween(1_000, maxPartBytes, ANTHROPIC_BYTES, "max-part-bytes");
        requireBetween(0, resubmitExpired, 100, "resubmit-expired");
        requireBetween(1, maxBytes, Long.MAX_VALUE, "max-bytes");
        if (maxPollInterval.compareTo(pollInterval) < 0) {
            throw new IllegalArgumentException(
                    "claude.batch.max-poll-interval must not be shorter than claude.batch.poll-interval");
        }
    }

    private static void requirePositive(Duration value, String key) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException("claude.batch." + key + " must be longer than zero: " + value);
        }
    }

    private static void requireBetween(long least, long value, long most, String key) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "claude.batch." + key + " must be between " + least + " and " + most + ", not " + value);
        }
    }
}
