package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.RecoveryMode;
import java.time.Duration;

/**
 * Settings of jobs for a test. They are the defaults of the product unless the test sets them, except for a shorter
 * heartbeat.
 */
final class Tuning {

    private static final JobSettings DEFAULTS = JobSettings.DEFAULTS;

    private boolean canRunUnattended = true;
    private int maxConcurrent = DEFAULTS.maxConcurrent();
    private int maxAttempts = DEFAULTS.maxAttempts();
    private Duration backoff = DEFAULTS.backoff();
    private Duration maxBackoff = DEFAULTS.maxBackoff();
    private Duration heartbeat = Duration.ofMillis(250);
    private long maxBytes = DEFAULTS.maxBytes();
    private RecoveryMode recovery = DEFAULTS.recovery();

    Tuning withoutKey() {
        canRunUnattended = false;
        return this;
    }

    Tuning maxConcurrent(int jobs) {
        maxConcurrent = jobs;
        return this;
    }

    Tuning maxAttempts(int attempts) {
        maxAttempts = attempts;
        return this;
    }

    Tuning backoff(Duration from, Duration to) {
        backoff = from;
        maxBackoff = to;
        return this;
    }

    Tuning heartbeat(Duration between) {
        heartbeat = between;
        return this;
    }

    Tuning maxBytes(long bytes) {
        maxBytes = bytes;
        return this;
    }

    Tuning withoutRecovery() {
        recovery = RecoveryMode.OFF;
        return this;
    }

    JobSettings settings() {
        return new JobSettings(
                canRunUnattended,
                maxConcurrent,
                maxAttempts,
                backoff,
                maxBackoff,
                heartbeat,
                DEFAULTS.retention(),
                maxBytes,
                recovery);
    }
}
