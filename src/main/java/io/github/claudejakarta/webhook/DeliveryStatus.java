package io.github.claudejakarta.webhook;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** The state of a delivery. */
@PublicApi
public enum DeliveryStatus {

    /** The callback waits for its first or next attempt. */
    PENDING,
    /** The receiver answered with 2xx. */
    DELIVERED,
    /** The receiver answered 410: it wants no more callbacks. */
    GONE,
    /** All attempts failed, for about a day. The callback is sent again only on request. */
    DEAD;

    static DeliveryStatus of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** Returns the spelling of the HTTP API. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
