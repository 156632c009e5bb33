package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ClientSettings;
import java.time.Duration;

/**
 * The settings of jobs. Each component is the configuration key {@code claude.job.} followed by its name.
 *
 * @param canRunUnattended whether the server can send a job's requests without a key of the caller: it has its own key,
 *     or needs none
 * @param maxConcurrent maximum number of jobs that run at the same time on this server
 * @param maxAttempts maximum number of attempts at a job
 * @param backoff wait before the second attempt; doubled before each later one
 * @param maxBackoff maximum wait between two attempts
 * @param heartbeat time between two heartbeats of a server; after six missed ones its jobs are taken over
 * @param retention how long a job is stored after its end, with its request and message
 * @param maxBytes maximum bytes of all stored requests and messages; beyond it submissions are rejected until jobs are
 *     deleted
 * @param recovery how an attempt continues an answer that breaks off
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

    /** The default settings, for a server without a key. */
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

    /** Returns the default of {@code max-concurrent}: a fifth of the connections to Claude, at least 1. */
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
