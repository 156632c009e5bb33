package io.github.claudejakarta.batch;

import java.time.Duration;

/** Settings of batches for a test: the defaults, unless the test changes them. */
final class Tuning {

    private static final BatchSettings DEFAULTS = BatchSettings.DEFAULTS;

    private boolean canRunUnattended = true;
    private Duration pollInterval = DEFAULTS.pollInterval();
    private Duration maxPollInterval = DEFAULTS.maxPollInterval();
    private int maxConcurrent = DEFAULTS.maxConcurrent();
    private int maxPartRequests = DEFAULTS.maxPartRequests();
    private long maxPartBytes = DEFAULTS.maxPartBytes();
    private int resubmitExpired = DEFAULTS.resubmitExpired();
    private long maxBytes = DEFAULTS.maxBytes();

    Tuning withoutKey() {
        canRunUnattended = false;
        return this;
    }

    Tuning poll(Duration from, Duration to) {
        pollInterval = from;
        maxPollInterval = to;
        return this;
    }

    Tuning maxConcurrent(int parts) {
        maxConcurrent = parts;
        return this;
    }

    Tuning maxPartRequests(int requests) {
        maxPartRequests = requests;
        return this;
    }

    Tuning maxPartBytes(long bytes) {
        maxPartBytes = bytes;
        return this;
    }

    Tuning resubmitExpired(int times) {
        resubmitExpired = times;
        return this;
    }

    Tuning maxBytes(long bytes) {
        maxBytes = bytes;
        return this;
    }

    BatchSettings settings() {
        return new BatchSettings(
                canRunUnattended,
                pollInterval,
                maxPollInterval,
                maxConcurrent,
                maxPartRequests,
                maxPartBytes,
                resubmitExpired,
                DEFAULTS.lookup(),
                DEFAULTS.retention(),
                maxBytes);
    }
}
