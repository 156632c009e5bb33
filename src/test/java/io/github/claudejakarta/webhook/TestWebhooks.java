package io.github.claudejakarta.webhook;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.runtime.Watchdog;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** Creates callbacks that can be signed, and may use this machine as the receiver. */
public final class TestWebhooks {

    /** The secret that the receivers of the tests know. */
    public static final String SECRET = "whsec_dGhpcy1pcy1mb3ItdGVzdHMtb25seS1hbmQtbG9uZw==";

    private TestWebhooks() {}

    public static Webhooks of(Database database, Watchdog watchdog, Clock clock) {
        return new Webhooks(
                new WebhookSettings(
                        new Signer(List.of(SECRET)), new AllowedHosts(List.of("localhost")), Duration.ofSeconds(5), 8),
                database,
                watchdog,
                clock);
    }
}
