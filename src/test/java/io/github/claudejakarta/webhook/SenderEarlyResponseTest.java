package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.EarlyUpstream;
import io.github.claudejakarta.upstream.EarlyUpstream.Manner;
import io.github.claudejakarta.upstream.Identity;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.github.claudejakarta.upstream.TrustingTls;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Receivers that answer before they have read a callback, and attempts that end with an error of this server. */
@Timeout(120)
class SenderEarlyResponseTest {

    private static final String PAYLOAD = "x".repeat(4 << 20);
    private static final int REPETITIONS = 5;
    private static final int CONCURRENT = 4;

    private static SSLContext identity;

    @BeforeAll
    static void createIdentity(@TempDir Path directory) throws Exception {
        identity = Identity.create(directory);
    }

    private static Sender sender(SSLContext tls) {
        var hosts = new AllowedHosts(List.of("localhost"));
        var settings = new WebhookSettings(
                new Signer(List.of(TestWebhooks.SECRET)), hosts, Duration.ofSeconds(20), CONCURRENT);
        return new Sender(
                settings, new AddressGuard(hosts, InetAddress::getAllByName), new Watchdog(System::nanoTime), tls);
    }

    private static Sender.Answer send(Sender sender, URI url, String payload) throws Sender.NoAnswer {
        return sender.send("msg_1", Instant.now(), url, payload);
    }

    @Slow("large bodies")
    @ParameterizedTest(name = "TLS {0}, {1}, {2}")
    @CsvSource({
        "false,CLOSE,410",
        "false,HALF_CLOSE,410",
        "false,READ_ON,413",
        "false,CLOSE,413",
        "true,CLOSE,410",
        "true,HALF_CLOSE,410",
        "true,READ_ON,413"
    })
    void anEarlyAnswerCounts(boolean isSecured, Manner manner, int status) throws Exception {
        String response = "HTTP/1.1 " + status + " Early\r\nretry-after: 7\r\ncontent-length: 5\r\n\r\nEarly";
        try (var receiver = isSecured
                        ? EarlyUpstream.startSecured(identity, manner, response)
                        : EarlyUpstream.start(manner, response);
                var sender = sender(identity)) {
            for (int i = 1; i <= REPETITIONS; i++) {
                var answer = send(sender, receiver.url(), PAYLOAD);

                assertThat(answer.status()).isEqualTo(status);
                assertThat(answer.beginning()).isEqualTo("Early");
                assertThat(answer.retryAfter()).contains(Duration.ofSeconds(7));
                assertThat(receiver.connections()).isEqualTo(i);
            }
        }
    }

    @Test
    void endlessInterimResponsesAreNoAnswer() throws Exception {
        try (var receiver = RawReceiver.endless("", "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000));
                var sender = sender(identity)) {
            assertThat(catchThrowableOfType(Sender.NoAnswer.class, () -> send(sender, receiver.url(), "{}")))
                    .isNotNull();
            receiver.awaitNoneOpen();
        }
    }

    @Test
    void anErrorInAnAttemptDoesNotAffectOthers() throws Exception {
        var isBroken = new AtomicBoolean(true);
        try (var receiver = ScriptedUpstream.startSecured(identity);
                var sender = sender(TrustingTls.contextFailingWhile(isBroken))) {
            receiver.otherwise(request -> Script.json(200, "{}"));

            for (int i = 0; i < 2 * CONCURRENT; i++) {
                assertThat(catchThrowable(() -> send(sender, receiver.url(), "{}")))
                        .isInstanceOf(StackOverflowError.class);
            }
            receiver.awaitOpenConnections(0);
            isBroken.set(false);

            assertThat(send(sender, receiver.url(), "{}").isSuccess()).isTrue();
        }
    }
}
