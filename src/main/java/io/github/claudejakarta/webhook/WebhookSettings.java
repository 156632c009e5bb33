package io.github.claudejakarta.webhook;

import java.time.Duration;

/**
 * How callbacks are sent. Each component is the configuration key {@code claude.webhooks.} and its name.
 *
 * @param secret        signs; without one there are no callbacks
 * @param allowedHosts  that may be inside, and without TLS
 * @param timeout       for one attempt in all
 * @param maxConcurrent attempts at a time, on this server
 */
public record WebhookSettings(Signer secret, AllowedHosts allowedHosts, Duration timeout, int maxConcurrent) {

    public WebhookSettings {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("claude.webhooks.timeout must be longer than zero: " + timeout);
        }
        if (maxConcurrent < 1) {
            throw new IllegalArgumentException("claude.webhooks.max-concurrent must be at least 1, not " + maxConcurrent);
        }
    }
}
