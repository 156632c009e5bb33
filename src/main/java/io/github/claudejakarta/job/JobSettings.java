package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ClientSettings;
import java.time.Duration;

/**
 * How jobs are run. Each component is the configuration key {@code claude.job.} and its name.
 *
 * @param canRunUnattended whether the server can send a job's requests without its caller: it has a key, or needs none
 * @param maxConcurrent jobs that run at a time, on this server
 * @param maxAttempts how often a job is run before it is given up
 * @param backoff before the second attempt; doubled each time
 * @param maxBackoff between two attempts
 * @param heartbeat from one sign of life of a server to the next; after six without one its jobs are taken over
 * @param retention how long a job is kept after its end, with its request and message
 * @param maxBytes requests and messages kept, all together; more are refused until some are forgotten
 * @param recovery what becomes of an answer that breaks off, within one attempt
 */
public record JobSettings(
        boolean canRunUnattended,
        int maxConcurrent,
        int maxAttempts,
        Duration backoff,
        Duration maxBackoff,
        Duration heartbeat,
        Duration retention,
        long maxBytes,
        RecoveryMode recovery) {

    private static final int SHARE_OF_CONNECTIONS = 5;

    /** The settings where the configuration says nothing, of a server without a key. */
    public static final JobSettings DEFAULTS = new JobSettings(
            false,
            concurrent(ClientSettings.DEFAULTS.maxConnections()),
            8,
            Duration.ofSeconds(10),
            Duration.ofMinutes(10),
            Duration.ofSeconds(5),
            Duration.ofDays(7),
            20_000_000_000L,
            RecoveryMode.CONTINUE);

    public JobSettings {
        requireAtLeastOne(maxConcurrent, "max-concurrent");
        requireAtLeastOne(maxAttempts, "max-attempts");
        requireAtLeastOne(maxBytes, "max-bytes");
        requirePositive(backoff, "backoff");
        requirePositive(heartbeat, "heartbeat");
        requirePositive(retention, "retention");
        if (maxBackoff.compareTo(backoff) < 0) {
            throw new IllegalArgumentException("claude.job.max-backoff must not be shorter than claude.job.backoff");
        }
    }

    /**
     * Returns how many jobs run at a time where the configuration does not say: a share of the connections to Claude.
     */
    public static int concurrent(int connections) {
        return Math.max(1, connections / SHARE_OF_CONNECTIONS);
    }

    private static void requirePositive(Duration value, String key) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException("claude.job." + key + " must be longer than zero: " + value);
        }
    }

    private static void requireAtLeastOne(long value, String key) {
        if (value < 1) {
            throw new IllegalArgumentException("claude.job." + key + " must be at least 1, not " + value);
        }
    }
}
