package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.net.HttpProxy;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.ForwardProxy;
import io.github.claudejakarta.upstream.Identity;
import io.github.claudejakarta.upstream.RefusingPort;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls to Claude through a proxy: in a tunnel with TLS, in absolute form without TLS. */
@Timeout(60)
class ProxyTest {

    private static SSLContext before;
    private static SSLContext identity;

    private final Watchdog watchdog = Watchdog.start(work -> {
        var thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    });
    private final ForwardProxy proxy = ForwardProxy.start();
    private final ScriptedUpstream secured = ScriptedUpstream.startSecured(identity);
    private final ScriptedUpstream plain = ScriptedUpstream.start();

    @BeforeAll
    static void trustTheUpstream(@TempDir Path directory) throws Exception {
        before = SSLContext.getDefault();
        identity = Identity.create(directory);
        SSLContext.setDefault(identity);
    }

    @AfterAll
    static void restoreTrust() {
        SSLContext.setDefault(before);
    }

    @AfterEach
    void stop() {
        secured.close();
        plain.close();
        proxy.close();
        watchdog.close();
    }

    private Transport transport(URI upstream, String proxyUrl) {
        return transport(upstream, proxyUrl, Duration.ofSeconds(5));
    }

    private Transport transport(URI upstream, String proxyUrl, Duration connectTimeout) {
        return new Transport(
                UnguardedClient.settings(upstream, connectTimeout)
                        .withProxy(Optional.of(HttpProxy.of("claude.proxy", proxyUrl))),
                watchdog);
    }

    private static ClaudeCall question() {
        return UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.models()));
    }

    private static ClaudeCall stream() {
        return UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.stream(RequestBody.of(Sse.bytes("{}")))));
    }

    private AttemptFailure failure(URI upstream, String proxyUrl) {
        try (var transport = transport(upstream, proxyUrl)) {
            var failure = catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(stream()));

            assertThat(failure).isNotNull();
            assertThat(failure.failure().type()).isEqualTo(ErrorType.API);
            assertThat(transport.pool().leased()).isZero();
            return failure;
        }
    }

    // Successful calls.

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStreamUsesATunnelWhoseConnectionIsReused(boolean isProxySecured) throws Exception {
        try (var other = isProxySecured ? ForwardProxy.startSecured(identity) : ForwardProxy.start();
                var transport = transport(
                        secured.url(), other.requiring("user:p@ss w\u00f6rd+").url("user:p%40ss%20w%C3%B6rd+"))) {
            byte[] body = Sse.bytes(IntStream.range(0, 2_000)
                    .mapToObj(i -> "event: e\ndata: " + i + "\n\n")
                    .reduce("", String::concat));
            secured.otherwise(request -> Script.sse(body));

            for (int i = 0; i < 3; i++) {
                EventStream events = transport.attempt(stream()).asEvents().events();
                int count = 0;
                for (var read = events.read(); !read.isEmpty(); read = events.read()) {
                    count += read.size();
                }
                assertThat(count).isEqualTo(2_000);
                events.close();
            }

            assertThat(other.seen()).singleElement().satisfies(seen -> {
                assertThat(seen.method()).isEqualTo("CONNECT");
                assertThat(seen.target()).isEqualTo("localhost:" + secured.url().getPort());
                assertThat(seen.header("host"))
                        .contains("localhost:" + secured.url().getPort());
                assertThat(seen.header("x-api-key"))
                        .as("the proxy must not get Claude's key")
                        .isEmpty();
            });
            assertThat(secured.acceptedConnections()).isEqualTo(1);
            assertThat(secured.requests()).hasSize(3).allSatisfy(request -> {
                assertThat(request.header("proxy-authorization")).isEmpty();
                assertThat(request.header("x-api-key")).contains("sk-server");
                assertThat(request.target()).isEqualTo("/v1/messages");
            });
            assertThat(transport.pool().idle()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void requestsWithoutTlsAreInAbsoluteForm(boolean isProxySecured) throws Exception {
        try (var other = isProxySecured ? ForwardProxy.startSecured(identity) : ForwardProxy.start();
                var transport = transport(
                        URI.create(plain.url() + "/base"),
                        other.requiring("user:password").url("user:password"))) {
            plain.otherwise(request -> Script.json(200, "{}"));

            for (int i = 0; i < 3; i++) {
                assertThat(transport.attempt(question()).asWhole().text()).isEqualTo("{}");
            }
            assertThat(transport
                            .attempt(UnguardedClient.beginAttempt(
                                    new ClaudeCall(ClaudeRequest.createBatch(out -> out.write(new byte[200_000])))))
                            .asWhole()
                            .text())
                    .isEqualTo("{}");

            assertThat(other.seen()).hasSize(4).allSatisfy(seen -> {
                assertThat(seen.target()).startsWith(plain.url() + "/base/v1/");
                assertThat(seen.header("host"))
                        .contains("127.0.0.1:" + plain.url().getPort());
            });
            assertThat(plain.requests())
                    .hasSize(4)
                    .allSatisfy(request ->
                            assertThat(request.header("proxy-authorization")).isEmpty());
            assertThat(plain.requests().get(3).body()).hasSize(200_000);
            assertThat(plain.acceptedConnections()).isEqualTo(1);
        }
    }

    /** Names that only the proxy can resolve, with a character that Java's URIs do not allow in a host. */
    @ParameterizedTest
    @CsvSource({
        "claude.bank.invalid,claude.bank.invalid",
        "llm_gateway,llm_gateway",
        "[0:0::1],[::1]",
        "LLM_Gateway.,llm_gateway",
        "b\u00fccher.invalid,xn--bcher-kva.invalid"
    })
    void theProxyResolvesTheName(String host, String sent) throws Exception {
        int port = plain.url().getPort();
        try (var transport = transport(URI.create("http://" + host + ":" + port), proxy.url())) {
            plain.otherwise(request -> Script.json(200, "{}"));

            assertThat(transport.attempt(question()).asWhole().text()).isEqualTo("{}");

            assertThat(plain.takeRequest().header("host")).contains(sent + ":" + port);
            assertThat(proxy.seen())
                    .singleElement()
                    .satisfies(
                            seen -> assertThat(seen.target()).isEqualTo("http://" + sent + ":" + port + "/v1/models"));
        }
    }

    @Test
    void checksTheCertificateOfTheTarget() {
        var failure = failure(URI.create("https://claude_bank:" + secured.url().getPort()), proxy.url())
                .failure();

        assertThat(failure)
                .hasMessageContaining("claude_bank")
                .hasMessageContaining("localhost:" + proxy.port() + " (claude.proxy)");
        assertThat(proxy.seen())
                .singleElement()
                .satisfies(seen -> assertThat(seen.target())
                        .isEqualTo("claude_bank:" + secured.url().getPort()));
        assertThat(secured.requests()).isEmpty();
    }

    // Failures.

    @Test
    void anUnreachableProxyIsAnOutageThatNamesIt() throws Exception {
        try (var port = new RefusingPort()) {
            for (URI upstream : new URI[] {secured.url(), plain.url()}) {
                var failure = failure(upstream, "http://user:secret@localhost:" + port.number());

                assertThat(failure).isInstanceOf(AttemptFailure.TransientOutage.class);
                assertThat(failure.failure().errorMessage())
                        .startsWith("The proxy localhost:" + port.number() + " (claude.proxy) could not be reached: ")
                        .doesNotContain("secret");
                assertThat(failure.failure().kind()).isEqualTo(ErrorKind.UNREACHABLE);
            }
        }
    }

    @Test
    void aProxyWhoseNameIsUnknownIsAnOutageThatNamesIt() {
        var failure = failure(secured.url(), "http://proxy.bank.invalid:3128");

        assertThat(failure).isInstanceOf(AttemptFailure.TransientOutage.class);
        assertThat(failure.failure().errorMessage())
                .isEqualTo(
                        "The proxy proxy.bank.invalid:3128 (claude.proxy) could not be reached: its address is unknown");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-,requires a user and a password (HTTP 407); set claude.proxy to a URL that has them",
                "user:wrong,rejected the user or the password (HTTP 407)"
            })
    void aProxyThatRequiresOtherCredentialsIsARefusal(String user, String what) {
        proxy.requiring("user:right");
        for (URI upstream : new URI[] {secured.url(), plain.url()}) {
            var failure = failure(upstream, user == null ? proxy.url() : proxy.url(user));

            assertThat(failure).isInstanceOf(AttemptFailure.Refusal.class);
            assertThat(failure.failure().kind()).isEqualTo(ErrorKind.UNREACHABLE);
            assertThat(failure.failure().errorMessage())
                    .isEqualTo("The proxy localhost:" + proxy.port() + " (claude.proxy) " + what);
        }
        assertThat(proxy.seen()).as("one request for each call").hasSize(2);
        assertThat(plain.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "403,does not allow a connection to localhost:,Refusal",
        "400,does not allow a connection to localhost:,Refusal",
        "302,does not allow,Refusal",
        "502,could not open a connection to localhost:,TransientOutage",
        "503,could not open a connection,TransientOutage",
        "504,could not open,TransientOutage"
    })
    void aProxysAnswerIsNotClaudesAnswer(int status, String what, String kind) {
        proxy.answer("HTTP/1.1 " + status
                + " No\r\ncontent-type: application/json\r\nretry-after: 1\r\n\r\n{\"type\":\"error\"}");

        var failure = failure(secured.url(), proxy.url());

        assertThat(failure.getClass().getSimpleName()).isEqualTo(kind);
        assertThat(failure.failure().errorMessage())
                .startsWith("The proxy localhost:" + proxy.port() + " (claude.proxy) " + what)
                .contains("(HTTP " + status + ")");
        assertThat(proxy.seen()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "garbage\r\n\r\n", "HTTP/1.1 "})
    void aProxyThatDoesNotSpeakHttpIsAnOutage(String answer) {
        proxy.answer(answer);

        assertThat(failure(secured.url(), proxy.url()).failure().errorMessage())
                .startsWith("The proxy localhost:" + proxy.port() + " (claude.proxy) failed: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nx: y\r\n;x: y\r\n",
                "HTTP/1.1 200 OK\r\nx: ;yyyy",
                "HTTP/1.1 ;2",
                ";HTTP/1.1 103 Early Hints\r\n\r\n"
            })
    void anEndlessHeadIsAnErrorAndNotRepeated(String answer) {
        String[] parts = answer.split(";");
        proxy.answer(parts[0] + parts[1].repeat(200_000));

        var failure = failure(secured.url(), proxy.url());

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().errorMessage())
                .startsWith("The proxy localhost:" + proxy.port()
                        + " (claude.proxy) answered with a head that exceeds a limit: ");
    }

    @Test
    void aHangingProxyFailsAfterTheConnectTimeout() {
        proxy.beSilent();
        try (var transport = transport(secured.url(), proxy.url(), Duration.ofMillis(500))) {
            var failure = catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(stream()));

            assertThat(failure).isInstanceOf(AttemptFailure.TransientOutage.class);
            assertThat(failure.failure().errorMessage())
                    .isEqualTo("The proxy localhost:" + proxy.port()
                            + " (claude.proxy) did not open a connection to localhost:"
                            + secured.url().getPort() + " within 0.5 s");
            assertThat(transport.pool().leased()).isZero();
        }
    }

    @Test
    void aSlowlyAnsweringProxyFailsAfterTheConnectTimeout() throws Exception {
        try (var drips = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                var transport =
                        transport(secured.url(), "http://localhost:" + drips.getLocalPort(), Duration.ofMillis(500))) {
            var unused = CompletableFuture.supplyAsync(() -> catchThrowable(() -> {
                OutputStream out = drips.accept().getOutputStream();
                out.write("HTTP/1.1 200 ".getBytes(StandardCharsets.UTF_8));
                while (true) {
                    out.write('x');
                    Thread.sleep(50);
                }
            }));

            assertThat(catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(stream()))
                            .failure()
                            .errorMessage())
                    .endsWith("within 0.5 s");
        }
    }

    @Test
    void aCallThatWaitsForATunnelCanBeCanceled() throws Exception {
        proxy.beSilent();
        try (var transport = transport(secured.url(), proxy.url(), Duration.ofMinutes(5))) {
            ClaudeCall call = stream();
            var failure = CompletableFuture.supplyAsync(
                    () -> catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call)));
            while (proxy.seen().isEmpty()) {
                Thread.sleep(1);
            }

            call.cancel();

            assertThat(failure.get(10, TimeUnit.SECONDS)).isInstanceOf(AttemptFailure.Refusal.class);
            assertThat(transport.pool().leased()).isZero();
        }
    }

    @Test
    void aStreamInATunnelCanBeCanceled() throws Exception {
        secured.answer(Script.sseHead().event("one", "{}").stall());
        try (var transport = transport(secured.url(), proxy.url())) {
            ClaudeCall call = stream();
            EventStream events = transport.attempt(call).asEvents().events();
            events.read();
            var reading = CompletableFuture.supplyAsync(() -> catchThrowable(events::read));

            call.cancel();

            assertThat(reading.get(10, TimeUnit.SECONDS)).isNotNull();
            secured.awaitOpenConnections(0);
        }
    }

    @Test
    void aCreationWithoutATunnelWasNotSent() {
        proxy.answer("HTTP/1.1 502 Bad Gateway\r\n\r\n");
        try (var transport = transport(secured.url(), proxy.url())) {
            ClaudeCall call =
                    UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.createBatch(out -> out.write('{'))));

            assertThat(catchThrowable(() -> transport.attempt(call)))
                    .isInstanceOf(AttemptFailure.TransientOutage.class);

            assertThat(call.isInDoubt()).isFalse();
            assertThat(call.wasSent()).isFalse();
        }
    }
}
