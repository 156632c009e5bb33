package io.github.claudejakarta.app;

import java.time.Duration;

/** @param timeout what the body of a request may take in any case ({@code claude.request.body-timeout}) */
record BodySettings(Duration timeout) {

    BodySettings {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("claude.request.body-timeout must be longer than zero: " + timeout);
        }
    }
}
