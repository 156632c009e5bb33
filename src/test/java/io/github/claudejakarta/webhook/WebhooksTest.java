package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.runtime.Watchdog;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The requirements of callbacks, and the errors without them. */
class WebhooksTest {

    private static Webhooks webhooks(String... secrets) {
        Database away = Impatient.database(() -> {
            throw new IllegalStateException("away");
        });
        var settings = new WebhookSettings(
                new Signer(List.of(secrets)), new AllowedHosts(List.of()), Duration.ofSeconds(1), 1);
        return new Webhooks(
                settings,
                away,
                new Watchdog(System::nanoTime),
                Clock.systemUTC(),
                new TimedLookup(
                        host -> new InetAddress[] {InetAddress.getByName("203.0.114.7")}, Duration.ofSeconds(20)));
    }

    @Test
    void withoutASecretEveryUrlIsRejected() {
        var refusal =
                catchThrowableOfType(ClaudeException.class, () -> webhooks().requireUrl("https://hooks.example.com/"));

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage())
                .isEqualTo("callback_url: this server cannot sign callbacks. Set claude.webhooks.secret");
    }

    @Test
    void withASecretValidUrlsAreAccepted() {
        assertThat(webhooks(TestWebhooks.SECRET).requireUrl("https://hooks.example.com/"))
                .hasToString("https://hooks.example.com/");
        assertThatThrownBy(() -> webhooks(TestWebhooks.SECRET).requireUrl("http://hooks.example.com/"))
                .isInstanceOf(ClaudeException.class);
    }

    @Test
    void withoutADatabaseListingFails() {
        assertThat(catchThrowableOfType(ClaudeException.class, () -> webhooks().deliveries("job_1"))
                        .status())
                .isEqualTo(503);
        assertThat(catchThrowableOfType(ClaudeException.class, () -> webhooks().retry("job_1", "msg_1"))
                        .status())
                .isEqualTo(503);
    }

    @Test
    void sendingBeforeTheStartDoesNothing() {
        assertThatCode(() -> webhooks().sendDue()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "PT0S,1,claude.webhooks.timeout must be longer than zero: PT0S",
        "PT-1S,1,claude.webhooks.timeout must be longer than zero: PT-1S",
        "PT1S,0,'claude.webhooks.max-concurrent must be at least 1, not 0'",
        "PT1S,-3,'claude.webhooks.max-concurrent must be at least 1, not -3'"
    })
    void invalidSettingsAreReportedWithTheirKey(Duration timeout, int maxConcurrent, String message) {
        assertThatThrownBy(() ->
                        new WebhookSettings(new Signer(List.of()), new AllowedHosts(List.of()), timeout, maxConcurrent))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
