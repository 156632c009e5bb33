package io.github.claudejakarta.webhook;

import io.github.claudejakarta.net.HttpProxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings of callbacks. Each component is the configuration key {@code claude.webhooks.} and its name.
 *
 * @param secret signs callbacks; without a secret there are no callbacks
 * @param allowedHosts hosts that may be internal, and without TLS
 * @param timeout limit for one whole attempt
 * @param maxConcurrent maximum number of concurrent attempts on this server
 * @param proxy proxy for callbacks; empty for direct connections
 */
public record WebhookSettings(
        Signer secret, AllowedHosts allowedHosts, Duration timeout, int maxConcurrent, Optional<HttpProxy> proxy) {

    /** The default settings: without a secret, there are no callbacks. */
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
