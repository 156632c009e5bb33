package io.github.claudejakarta.batch;

import java.time.Duration;

/**
 * How batches are run. Each component is the configuration key {@code claude.batch.} and its name.
 *
 * @param canRunUnattended whether the server can send a batch's requests without its caller: it has a key, or needs
 *     none
 * @param pollInterval between two looks at a part that was sent a moment ago
 * @param maxPollInterval between two looks at one that was sent long ago
 * @param maxConcurrent parts that Claude works on at a time, over all servers that share the database
 * @param maxPartRequests requests of one part; Anthropic takes 100,000
 * @param maxPartBytes bytes of one part; Anthropic takes 256 MB
 * @param resubmitExpired how many times expired requests are sent again without being asked
 * @param lookup how long a part whose answer was lost is looked for before it is sent again
 * @param retention how long a batch is kept after its end, its requests included
 * @param maxBytes requests kept, all together; more are refused until some are deleted
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
    /** 256 MB, read as the smaller of the two units. */
    static final long ANTHROPIC_BYTES = 256_000_000;

    /** The settings where the configuration says nothing, of a server without a key. */
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
