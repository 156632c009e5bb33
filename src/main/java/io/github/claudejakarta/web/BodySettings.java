package io.github.claudejakarta.web;

import java.time.Duration;

/** @param timeout what the body of a request may take in any case ({@code claude.request.body-timeout}) */
public record BodySettings(Duration timeout) {

    public BodySettings {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("claude.request.body-timeout must be longer than zero: " + timeout);
        }
    }
}
