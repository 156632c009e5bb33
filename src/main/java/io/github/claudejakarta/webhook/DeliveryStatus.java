package io.github.claudejakarta.webhook;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** How a callback stands. */
@PublicApi
public enum DeliveryStatus {

    /** Not sent yet, or to be sent again. */
    PENDING,
    /** The receiver has answered with 2xx. */
    DELIVERED,
    /** The receiver does not want it: 410. */
    GONE,
    /** It failed for a day, and waits for a person. */
    DEAD;

    static DeliveryStatus of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** As the API spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
