package io.github.claudejakarta.batch;

import java.time.Duration;

/** Settings of batches for a test, as they are in the product where the test says nothing. */
final class Tuning {

    private boolean hasKey = true;
    private Duration pollInterval = Duration.ofSeconds(5);
    private Duration maxPollInterval = Duration.ofSeconds(60);
    private int maxConcurrent = 10;
    private int maxPartRequests = 100_000;
    private long maxPartBytes = 256_000_000;
    private int resubmitExpired;
    private long maxBytes = 20_000_000_000L;

    Tuning withoutKey() {
        hasKey = false;
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
                hasKey,
                pollInterval,
                maxPollInterval,
                maxConcurrent,
                maxPartRequests,
                maxPartBytes,
                resubmitExpired,
                Duration.ofSeconds(60),
                Duration.ofDays(30),
                maxBytes);
    }
}
