package io.github.claudejakarta.web;

import java.time.Duration;

/**
 * How bodies of requests are read.
 *
 * @param timeout how long the body of a request may take in any case ({@code claude.request.body-timeout})
 * @param maxBytes memory of all bodies together ({@code claude.request.max-bytes})
 */
public record BodySettings(Duration timeout, long maxBytes) {

    /** Beside the quarter that streams may take. */
    private static final int SHARE_OF_HEAP = 4;

    /** The settings where the configuration says nothing. */
    public static final BodySettings DEFAULTS =
            new BodySettings(Duration.ofSeconds(30), Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);

    public BodySettings {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("claude.request.body-timeout must be longer than zero: " + timeout);
        }
    }
}
