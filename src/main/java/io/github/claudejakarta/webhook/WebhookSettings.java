package io.github.claudejakarta.webhook;

import io.github.claudejakarta.net.HttpProxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How callbacks are sent. Each component is the configuration key {@code claude.webhooks.} and its name.
 *
 * @param secret signs; without one there are no callbacks
 * @param allowedHosts that may be inside, and without TLS
 * @param timeout for one attempt in all
 * @param maxConcurrent attempts at a time, on this server
 * @param proxy that callbacks go through; empty for the direct way
 */
public record WebhookSettings(
        Signer secret, AllowedHosts allowedHosts, Duration timeout, int maxConcurrent, Optional<HttpProxy> proxy) {

    /** The settings where the configuration says nothing: without a secret, there are no callbacks. */
    public static final WebhookSettings DEFAULTS =
            new WebhookSettings(new Signer(List.of()), new AllowedHosts(List.of()), Duration.ofSeconds(15), 20);

    /** Creates settings without a proxy. */
    public WebhookSettings(Signer secret, AllowedHosts allowedHosts, Duration timeout, int maxConcurrent) {
        this(secret, allowedHosts, timeout, maxConcurrent, Optional.empty());
    }

    public WebhookSettings {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("claude.webhooks.timeout must be longer than zero: " + timeout);
        }
        if (maxConcurrent < 1) {
            throw new IllegalArgumentException(
                    "claude.webhooks.max-concurrent must be at least 1, not " + maxConcurrent);
        }
    }
}
