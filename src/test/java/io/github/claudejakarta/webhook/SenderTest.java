package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.standardwebhooks.Webhook;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The request that a receiver gets, and the treatment of its answer. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SenderTest {

    private static final String OTHER_SECRET = "whsec_b3RoZXItc2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5";
    private static final String ID = "msg_0123456789abcdef0123456789abcdef";
    private static final String PAYLOAD =
            "{\"type\":\"job.succeeded\",\"data\":{\"text\":\"\u00e4\u20ac\ud83d\ude00\\n\"}}";

    private final ScriptedUpstream receiver = ScriptedUpstream.start();
    private final Sender sender = sender(TestWebhooks.SECRET);

    private static Sender sender(String... secrets) {
        var hosts = new AllowedHosts(List.of("localhost"));
        return new Sender(
                new WebhookSettings(new Signer(List.of(secrets)), hosts, Duration.ofSeconds(20), 4),
                new AddressGuard(hosts, InetAddress::getAllByName),
                new Watchdog(System::nanoTime));
    }

    @AfterEach
    void noConnectionIsLeftOpen() throws Exception {
        receiver.awaitOpenConnections(0);
        sender.close();
        receiver.close();
    }

    private URI url(String path) {
        return URI.create("http://localhost:" + receiver.url().getPort() + path);
    }

    private Sender.Answer send(Script answer) throws Exception {
        receiver.answer(answer);
        return sender.send(ID, Instant.now(), url("/hook"), PAYLOAD);
    }

    private ReceivedRequest sent(String path, Instant now) throws Exception {
        receiver.answer(Script.json(200, ""));
        sender.send(ID, now, url(path), PAYLOAD);
        return receiver.takeRequest();
    }

    @Test
    void thePayloadIsPostedUnchanged() throws Exception {
        ReceivedRequest request = sent("/hook/a%20b;c?x=%C3%A4&y=1", Instant.now());

        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.target()).isEqualTo("/hook/a%20b;c?x=%C3%A4&y=1");
        assertThat(request.body()).isEqualTo(PAYLOAD.getBytes(StandardCharsets.UTF_8));
        assertThat(request.header("content-type").orElseThrow()).matches("application/json(; ?charset=(?i)utf-8)?");
        assertThat(request.header("content-length")).contains(Integer.toString(request.body().length));
        assertThat(request.header("host"))
                .contains("localhost:" + receiver.url().getPort());
        assertThat(request.header("user-agent")).contains("claude-jakarta");
    }

    @Test
    void eachHeaderOfStandardWebhooksIsSentOnce() throws Exception {
        Instant now = Instant.parse("2026-11-21T09:30:00.999Z");
        ReceivedRequest request = sent("/hook", now);

        assertThat(request.headerValues("webhook-id")).containsExactly(ID);
        assertThat(request.headerValues("webhook-timestamp")).containsExactly(Long.toString(now.getEpochSecond()));
        assertThat(request.headerValues("webhook-signature"))
                .hasSize(1)
                .first()
                .asString()
                .matches("v1,[A-Za-z0-9+/]{43}=");
    }

    @Test
    void theOfficialLibraryVerifiesIt() throws Exception {
        ReceivedRequest request = sent("/hook", Instant.now());

        assertThatCode(() -> verify(TestWebhooks.SECRET, request)).doesNotThrowAnyException();
    }

    @Test
    void ofSeveralSecretsEachReceiverVerifiesItsOwn() throws Exception {
        receiver.answer(Script.json(200, ""));
        try (Sender rotating = sender(OTHER_SECRET, TestWebhooks.SECRET)) {
            rotating.send(ID, Instant.now(), url("/hook"), PAYLOAD);
        }
        ReceivedRequest request = receiver.takeRequest();

        assertThat(request.headerValues("webhook-signature")).hasSize(1);
        assertThatCode(() -> verify(TestWebhooks.SECRET, request)).doesNotThrowAnyException();
        assertThatCode(() -> verify(OTHER_SECRET, request)).doesNotThrowAnyException();
    }

    private static void verify(String secret, ReceivedRequest request) throws Exception {
        new Webhook(secret)
                .verify(
                        request.text(),
                        Map.of(
                                "webhook-id",
                                request.headerValues("webhook-id"),
                                "webhook-timestamp",
                                request.headerValues("webhook-timestamp"),
                                "webhook-signature",
                                request.headerValues("webhook-signature")));
    }

    @Test
    void noOtherHeadersAreSent() throws Exception {
        assertThat(sent("/hook", Instant.now()).headers())
                .extracting(line -> line.split(":")[0].toLowerCase(Locale.ROOT))
                .containsOnly(
                        "host",
                        "user-agent",
                        "content-type",
                        "content-length",
                        "connection",
                        "webhook-id",
                        "webhook-timestamp",
                        "webhook-signature");
    }

    @Test
    void aUrlWithoutAPathMeansTheRoot() throws Exception {
        assertThat(sent("", Instant.now()).target()).isEqualTo("/");
        assertThat(sent("?q", Instant.now()).target()).isEqualTo("/?q");
    }

    @Test
    void theHostHeaderIsThatOfTheUrl() throws Exception {
        var hosts = new AllowedHosts(List.of("[::1]"));
        var settings = new WebhookSettings(new Signer(List.of(TestWebhooks.SECRET)), hosts, Duration.ofSeconds(20), 4);
        var guard = new AddressGuard(hosts, host -> new InetAddress[] {InetAddress.getByName("127.0.0.1")});
        int port = receiver.url().getPort();
        receiver.answer(Script.json(200, ""));
        try (var toIpv6 = new Sender(settings, guard, new Watchdog(System::nanoTime))) {
            toIpv6.send(ID, Instant.now(), URI.create("http://[::1]:" + port + "/"), PAYLOAD);
        }

        assertThat(receiver.takeRequest().headerValues("host")).containsExactly("[::1]:" + port);
    }

    @Test
    void everyAttemptHasItsOwnConnection() throws Exception {
        sent("/hook", Instant.now());
        sent("/hook", Instant.now());

        assertThat(receiver.acceptedConnections()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 201, 202, 206, 299})
    void everyStatusOf2xxIsASuccess(int status) throws Exception {
        Sender.Answer answer = send(Script.json(status, "{\"ok\":true}"));

        assertThat(answer.isSuccess()).isTrue();
        assertThat(answer.isGone()).isFalse();
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.beginning()).isEmpty();
    }

    @Test
    void aStatusOf204IsASuccess() throws Exception {
        assertThat(send(Script.sized(0, 204)).isSuccess()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 301, 302, 303, 307, 308})
    void aRedirectIsNotFollowed(int status) throws Exception {
        receiver.at("/elsewhere", request -> Script.json(200, ""));

        Sender.Answer answer = send(Script.json(status, "moved", "location: " + url("/elsewhere")));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.isSuccess()).isFalse();
        assertThat(answer.isGone()).isFalse();
        assertThat(receiver.requests()).extracting(ReceivedRequest::path).containsExactly("/hook");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 408, 429, 500, 502, 503, 599, 999})
    void otherStatusesAreFailures(int status) throws Exception {
        Sender.Answer answer = send(Script.json(status, "no"));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.isSuccess()).isFalse();
        assertThat(answer.isGone()).isFalse();
        assertThat(answer.beginning()).isEqualTo("no");
        assertThat(receiver.requests()).as("no attempts of the client's own").hasSize(1);
    }

    @Test
    void only410MeansGone() throws Exception {
        Sender.Answer answer = send(Script.json(410, "left"));

        assertThat(answer.isGone()).isTrue();
        assertThat(answer.isSuccess()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "0,PT0S",
                "120,PT2M",
                "' 7 ',PT7S",
                "999999,PT277H46M39S",
                "99999999999,PT27777777H46M39S",
                "-1,-",
                "1.5,-",
                "soon,-",
                "'',-",
                "'Wed, 21 Oct 2026 07:28:00 GMT',-"
            })
    void retryAfterIsRead(String header, Duration expected) throws Exception {
        assertThat(send(Script.json(429, "slow", "retry-after: " + header)).retryAfter())
                .isEqualTo(Optional.ofNullable(expected));
    }

    @Test
    void withoutRetryAfterThereIsNoPause() throws Exception {
        assertThat(send(Script.json(503, "")).retryAfter()).isEmpty();
    }

    @Test
    void theBeginningOfAnErrorIsRead() throws Exception {
        assertThat(send(Script.json(400, "x".repeat(5_000))).beginning()).isEqualTo("x".repeat(1_000));
        assertThat(send(Script.json(400, "x".repeat(999) + "\u20ac")).beginning())
                .hasSizeBetween(999, 1_000)
                .startsWith("x".repeat(999));
        assertThat(send(Script.untilClose(400).write("until the end")).beginning())
                .isEqualTo("until the end");
        assertThat(send(Script.chunked(400).write("in ").write("pieces")).beginning())
                .isEqualTo("in pieces");
    }

    @Test
    void controlCharactersBecomeSpaces() throws Exception {
        assertThat(send(Script.json(400, " a\0b\r\n\tc\u001b[31md\u007f ")).beginning())
                .isEqualTo("a b c [31md");
    }

    @Test
    void compressedAnswersAreNotUnpacked() throws Exception {
        receiver.answer(Script.json(400, "as it is", "content-encoding: gzip"));

        assertThat(sender.send(ID, Instant.now(), url("/hook"), PAYLOAD).beginning())
                .isEqualTo("as it is");
        assertThat(receiver.takeRequest().header("accept-encoding")).isEmpty();
    }

    @Test
    void cookiesAreNotStored() throws Exception {
        send(Script.json(200, "", "set-cookie: a=b; Path=/"));

        assertThat(receiver.takeRequest().header("cookie")).isEmpty();
        assertThat(sent("/hook", Instant.now()).header("cookie")).isEmpty();
    }

    @Test
    void aStatusOf401IsAFailure() throws Exception {
        assertThat(send(Script.json(401, "", "www-authenticate: Basic realm=\"x\""))
                        .status())
                .isEqualTo(401);
        assertThat(receiver.requests()).hasSize(1);
    }
}
