package io.github.claudejakarta.web;

import java.time.Duration;

/**
 * Settings for reading the bodies of requests.
 *
 * @param timeout the time that every request body may take ({@code claude.request.body-timeout})
 * @param maxBytes the memory of all bodies together, in bytes ({@code claude.request.max-bytes})
 */
public record BodySettings(Duration timeout, long maxBytes) {

    /** The divisor of the heap. Streams may take another quarter. */
    private static final int SHARE_OF_HEAP = 4;

    /** The defaults: 30 seconds, and a quarter of the heap. */
    public static final BodySettings DEFAULTS =
            new BodySettings(Duration.ofSeconds(30), Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);

    public BodySettings {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("claude.request.body-timeout must be longer than zero: " + timeout);
        }
    }
}
