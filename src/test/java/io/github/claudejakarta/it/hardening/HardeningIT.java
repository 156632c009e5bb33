package io.github.claudejakarta.it.hardening;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.github.claudejakarta.upstream.TrustingTls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attacks that must fail, and information that the server must not reveal. */
@OwnServers
class HardeningIT {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ScriptedUpstream UPSTREAM = ScriptedUpstream.start();
    private static final String PAGE = "https://app.example";
    /** Names of products, files and classes. */
    private static final Pattern INTERNALS = Pattern.compile(
            "liberty|websphere|ibm|servlet|resteasy|jersey|openj9|java\\.|\\.java|exception|at io\\.|SRVE|/usr/|/opt/|/work/",
            Pattern.CASE_INSENSITIVE);

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-hardening")
            .with("CLAUDE_BASE_URL", UPSTREAM.url().toString())
            .with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "hardening")
            .with("CLAUDE_REQUEST_BODY_TIMEOUT", "PT2S")
            .with("CLAUDE_REQUEST_MAX_BYTES", "3000000")
            .with("CLAUDE_STREAM_WRITE_TIMEOUT", "PT2S")
            .with("CLAUDE_CORS_ALLOWED_ORIGINS", PAGE);

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
    }

    @AfterAll
    static void close() {
        UPSTREAM.close();
    }

    @BeforeEach
    void forget() {
        UPSTREAM.forget();
        UPSTREAM.otherwise(request -> Wire.messageScript());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/messages",
                "/v1/messages/count_tokens",
                "/v1/messages/batches",
                "/v1/streams",
                "/v1/batches",
                "/v1/jobs"
            })
    void aBodyThatArrivesTooSlowlyIsRejected(String path) throws Exception {
        try (RawClient client = RawClient.connect("localhost", SERVER.port())) {
            assertThat(answerToDrops(client, path))
                    .startsWith("HTTP/1.1 408 ")
                    .contains("\"timeout_error\"")
                    .contains("too slowly");
        }
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    @Test
    void aBodyThatArrivesTooSlowlyOverTlsIsRejected() throws Exception {
        try (RawClient client = RawClient.over(
                TrustingTls.context().getSocketFactory().createSocket("localhost", SERVER.httpsPort()))) {
            assertThat(answerToDrops(client, "/v1/messages"))
                    .startsWith("HTTP/1.1 408 ")
                    .contains("\"timeout_error\"")
                    .contains("too slowly");
        }
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    /** Over HTTP/2 the application cannot end a body that arrives too slowly. */
    @Test
    void http2IsDisabled() throws Exception {
        HttpClient modern = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(TrustingTls.context())
                .build();
        for (URI server : List.of(SERVER.uri(), URI.create("https://localhost:" + SERVER.httpsPort()))) {
            HttpResponse<String> response = modern.send(
                    HttpRequest.newBuilder(server.resolve("/v1/streams")).build(), BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
        }
    }

    @Test
    void aBodyOfUnknownLengthThatArrivesTooSlowlyIsRejected() throws Exception {
        try (RawClient client = RawClient.connect("localhost", SERVER.port())) {
            client.write(
                    "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                            .getBytes(ISO_8859_1));
            var dripping = new Thread(() -> {
                try {
                    while (true) {
                        client.write("1\r\n \r\n".getBytes(ISO_8859_1));
                        Thread.sleep(100);
                    }
                } catch (Exception e) {
                    // The server has closed the connection.
                }
            });
            dripping.start();

            assertThat(client.readToEnd())
                    .startsWith("HTTP/1.1 408 ")
                    .contains("\"timeout_error\"")
                    .contains("too slowly");
            dripping.join();
        }
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    /** Liberty without the module would wait a minute. */
    @Test
    void aClientThatReadsNothingOverTlsIsDisconnected() throws Exception {
        UPSTREAM.otherwise(request -> Wire.begun().drip(Wire.text("x".repeat(200_000)), Duration.ofMillis(1)));
        Socket narrow = TrustingTls.context().getSocketFactory().createSocket();
        narrow.setReceiveBufferSize(4096);
        narrow.connect(new InetSocketAddress("localhost", SERVER.httpsPort()));
        try (RawClient stuck = RawClient.over(narrow)) {
            String body = Api.body(true);
            stuck.write(
                    ("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                                    + body.length() + "\r\n\r\n" + body)
                            .getBytes(ISO_8859_1));
            stuck.readUntil("Hel");

            assertThat(UPSTREAM.takeRequest().clientGone().get(20, TimeUnit.SECONDS))
                    .isNotNull();
            Api.await(
                    "the end of the connection at the server",
                    () -> !isEstablished(SERVER.httpsPort(), narrow.getLocalPort()));
        }
    }

    /**
     * Returns whether the connection exists on the server's side, even if the client has not noticed its end. On Linux,
     * according to the kernel.
     */
    private static boolean isEstablished(int servers, int clients) throws IOException {
        Pattern line = Pattern.compile("\\s*\\d+: \\w+:%04X \\w+:%04X 01 .*".formatted(servers, clients));
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            if (Files.exists(Path.of(table))
                    && Files.readAllLines(Path.of(table)).stream().anyMatch(line.asMatchPredicate())) {
                return true;
            }
        }
        return false;
    }

    private static String answerToDrops(RawClient client, String path) throws Exception {
        client.write(("POST " + path
                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")
                .getBytes(ISO_8859_1));
        var dripping = new Thread(() -> {
            try {
                while (true) {
                    client.write(new byte[] {' '});
                    Thread.sleep(100);
                }
            } catch (Exception e) {
                // The server has closed the connection.
            }
        });
        dripping.start();

        String answer = client.readToEnd();
        dripping.join();
        return answer;
    }

    @Test
    void theMemoryOfLargeBodiesIsLimited() throws Exception {
        String large = Api.body(false, "\"metadata\":{\"user_id\":\"" + "x".repeat(2_000_000) + "\"}");
        try (RawClient first = reservingAllMemory(large, () -> begun(large, 1_000_000))) {
            HttpResponse<String> refused = post("/v1/messages", large);
            assertThat(refused.statusCode()).isEqualTo(529);
            assertThat(refused.headers().firstValue("retry-after")).isPresent();
            assertThat(post("/v1/messages", Api.body(false)).statusCode())
                    .as("small bodies need no reservation")
                    .isEqualTo(200);

            first.write(large.substring(1_000_000).getBytes(ISO_8859_1));
            assertThat(first.readUntil("end_turn")).startsWith("HTTP/1.1 200 ");
        }
        for (int i = 0; i < 5; i++) {
            assertThat(post("/v1/messages", large).statusCode())
                    .as("its memory is released each time")
                    .isEqualTo(200);
        }
    }

    /** The final length is unknown, so the body reserves memory for the bytes that have arrived. */
    @Test
    void bodiesOfUnknownLengthReserveOnlyTheirReceivedBytes() throws Exception {
        String large = Api.body(false, "\"metadata\":{\"user_id\":\"" + "x".repeat(2_000_000) + "\"}");
        List<RawClient> waiting = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                waiting.add(chunked(Api.body(false).substring(0, 20)));
            }
            assertThat(post("/v1/messages", large).statusCode()).isEqualTo(200);
            // The memory of the previous request is released shortly after its response.
            Api.await(
                    "memory",
                    () -> HTTP.send(
                                            request("/v1/messages")
                                                    .header("content-type", "application/json")
                                                    .POST(BodyPublishers.ofInputStream(
                                                            () -> new ByteArrayInputStream(large.getBytes(ISO_8859_1))))
                                                    .build(),
                                            BodyHandlers.ofString())
                                    .statusCode()
                            == 200);

            waiting.add(reservingAllMemory(large, () -> chunked(large.substring(0, 1_900_000))));
        } finally {
            for (RawClient client : waiting) {
                client.close();
            }
        }
        Api.await("memory", () -> post("/v1/messages", large).statusCode() == 200);
    }

    /** The response is sent immediately. The body stays in memory until Claude has received it. */
    @Test
    void theRequestOfAStreamReservesMemoryUntilClaudeHasIt() throws Exception {
        String large = Api.body(false, "\"metadata\":{\"user_id\":\"" + "x".repeat(2_000_000) + "\"}");
        var mayContinue = new Barrier();
        UPSTREAM.otherwise(request -> Script.sseHead().pause(mayContinue).write(Wire.hello()));
        HttpResponse<String> started = post("/v1/streams", large);
        assertThat(started.statusCode()).isEqualTo(201);

        assertThat(post("/v1/streams", large).statusCode()).isEqualTo(529);
        mayContinue.release();
        Api.await("memory", () -> post("/v1/messages", large).statusCode() == 200);

        UPSTREAM.otherwise(request -> Script.sseHead().stall());
        HttpResponse<String> waiting = post("/v1/streams", large);
        assertThat(waiting.statusCode()).isEqualTo(201);
        assertThat(post("/v1/streams", large).statusCode()).isEqualTo(529);
        UPSTREAM.otherwise(request -> Wire.helloScript());
        String id = waiting.headers().firstValue("location").orElseThrow().replaceFirst(".*/", "");
        assertThat(HTTP.send(request("/v1/streams/" + id).DELETE().build(), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        Api.await("memory", () -> post("/v1/streams", large).statusCode() == 201);
    }

    private interface Begun {
        RawClient begin() throws Exception;
    }

    /**
     * Sends a part of a body until another request is rejected. If the other request arrived first and this one was
     * rejected, it starts again.
     */
    private static RawClient reservingAllMemory(String other, Begun body) throws Exception {
        var deadline = System.nanoTime() + Api.TIMEOUT.toNanos();
        while (true) {
            RawClient client = null;
            try {
                client = body.begin();
                if (post("/v1/messages", other).statusCode() == 529) {
                    return client;
                }
            } catch (SocketException e) {
                // The server rejected the request and closed the connection.
            }
            if (client != null) {
                client.close();
            }
            assertThat(System.nanoTime())
                    .as("another request is rejected within the time")
                    .isLessThan(deadline);
        }
    }

    private static RawClient begun(String body, int sent) throws Exception {
        return sent("Content-Length: " + body.length() + "\r\n\r\n" + body.substring(0, sent));
    }

    private static RawClient chunked(String beginning) throws Exception {
        return sent("Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(beginning.length()) + "\r\n" + beginning
                + "\r\n");
    }

    private static RawClient sent(String lengthAndBody) throws Exception {
        RawClient client = RawClient.connect("localhost", SERVER.port());
        try {
            client.write(("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                            + lengthAndBody)
                    .getBytes(ISO_8859_1));
            return client;
        } catch (SocketException e) {
            client.close();
            throw e;
        }
    }

    @Test
    void aClientThatDisconnectsReleasesItsMemory() throws Exception {
        String large = Api.body(false, "\"metadata\":{\"user_id\":\"" + "x".repeat(2_000_000) + "\"}");
        for (int i = 0; i < 5; i++) {
            begun(large, 100_000).close();
        }

        Api.await("memory", () -> post("/v1/messages", large).statusCode() == 200);
    }

    @Test
    void headersHaveLimits() throws Exception {
        for (String headers : List.of("X-Large: " + "x".repeat(20_000) + "\r\n", "X-Many: y\r\n".repeat(600))) {
            try (RawClient client = RawClient.connect("localhost", SERVER.port())) {
                client.write(("GET /v1/streams HTTP/1.1\r\nHost: localhost\r\n" + headers + "Connection: close\r\n\r\n")
                        .getBytes(ISO_8859_1));
                String answer = client.readToEnd();
                assertThat(answer)
                        .as(headers.substring(0, 12))
                        .doesNotStartWith("HTTP/1.1 2")
                        .doesNotStartWith("HTTP/1.1 5");
                assertRevealsNothing(answer);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1",
                "GET /nothing HTTP/1.1",
                "GET /v1 HTTP/1.1",
                "TRACE /v1/messages HTTP/1.1",
                "OPTIONS * HTTP/1.1",
                "BREW /v1/messages HTTP/1.1",
                "GET /v1/%00 HTTP/1.1",
                "GET /v1/%zz HTTP/1.1",
                "GET /..%2f..%2fetc/passwd HTTP/1.1",
                "GET /WEB-INF/web.xml HTTP/1.1",
                "GET /META-INF/MANIFEST.MF HTTP/1.1",
                "GET /error HTTP/1.1",
                "nonsense",
                "GET http://[::1 HTTP/1.1",
                "POST /v1/messages HTTP/9.9",
                "GET /v1/streams/x;jsessionid=1 HTTP/1.1",
                "DELETE /health/live HTTP/1.1",
                "GET /health/nothing HTTP/1.1",
                "TRACE / HTTP/1.1",
                "GET /openapi/nothing HTTP/1.1",
                "GET /console/..%2F..%2FWEB-INF/web.xml HTTP/1.1",
                "GET /WEB-INF%2Fweb.xml HTTP/1.1",
                "GET /%57EB-INF/web.xml HTTP/1.1",
                "GET /console/%2e%2e/WEB-INF/web.xml HTTP/1.1",
                "GET /openapi/ui/%2e%2e%2fWEB-INF/web.xml HTTP/1.1",
                "GET /health/%2e%2e/WEB-INF/web.xml HTTP/1.1"
            })
    void revealsNoInternals(String request) throws Exception {
        try (RawClient client = RawClient.connect("localhost", SERVER.port())) {
            client.write((request + "\r\nHost: localhost\r\nConnection: close\r\n\r\n").getBytes(ISO_8859_1));
            String answer = client.readToEnd();
            assertThat(answer).doesNotStartWith("HTTP/1.1 5").doesNotContain("<web-app", "<servlet");
            assertRevealsNothing(answer);
        }
    }

    private static void assertRevealsNothing(String answer) {
        String head = answer.split("\r\n\r\n", 2)[0].toLowerCase(Locale.ROOT);
        assertThat(head)
                .doesNotContain("\nserver:")
                .doesNotContain("x-powered-by")
                .doesNotContain("$wsep");
        assertThat(INTERNALS
                        .matcher(answer)
                        .results()
                        .map(match -> match.group())
                        .toList())
                .as(answer)
                .isEmpty();
    }

    @Test
    void responsesHaveSecurityHeaders() throws Exception {
        for (String path : List.of("/v1/streams", "/", "/nothing")) {
            HttpResponse<String> response = HTTP.send(request(path).build(), BodyHandlers.ofString());
            assertThat(response.headers().firstValue("x-content-type-options"))
                    .as(path)
                    .contains("nosniff");
            assertThat(response.headers().firstValue("content-security-policy").orElseThrow())
                    .contains("default-src 'self'")
                    .contains("frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            assertThat(response.headers().firstValue("referrer-policy")).contains("no-referrer");
            assertThat(response.headers().firstValue("x-frame-options")).contains("DENY");
        }
    }

    @Test
    void anAllowedPageMaySendRequestsAndReadResponses() throws Exception {
        HttpResponse<String> preflight = HTTP.send(
                request("/v1/messages")
                        .method("OPTIONS", BodyPublishers.noBody())
                        .header("Origin", PAGE)
                        .header("Access-Control-Request-Method", "POST")
                        .header("Access-Control-Request-Headers", "content-type,x-api-key")
                        .build(),
                BodyHandlers.ofString());
        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("access-control-allow-origin"))
                .contains(PAGE);
        assertThat(preflight
                        .headers()
                        .firstValue("access-control-allow-headers")
                        .orElseThrow())
                .contains("x-api-key")
                .contains("content-type");
        assertThat(preflight
                        .headers()
                        .firstValue("access-control-allow-methods")
                        .orElseThrow())
                .contains("POST");
        assertThat(preflight.headers().firstValue("access-control-allow-credentials"))
                .isEmpty();

        UPSTREAM.otherwise(request -> Wire.helloScript());
        HttpResponse<String> streamed = HTTP.send(
                request("/v1/messages")
                        .header("Origin", PAGE)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(Api.body(true)))
                        .build(),
                BodyHandlers.ofString());
        assertThat(streamed.body()).contains("message_stop");
        assertThat(streamed.headers().firstValue("access-control-allow-origin")).contains(PAGE);
        assertThat(streamed.headers()
                        .firstValue("access-control-expose-headers")
                        .orElseThrow())
                .contains("stream-id");
        HttpResponse<String> watched = HTTP.send(
                request("/v1/streams/" + Api.streamId(streamed))
                        .header("Origin", PAGE)
                        .header("accept", "text/event-stream")
                        .build(),
                BodyHandlers.ofString());
        assertThat(watched.body()).contains("message_stop");
        assertThat(watched.headers().allValues("access-control-allow-origin")).containsExactly(PAGE);
        HttpResponse<String> failed =
                HTTP.send(request("/v1/streams/none").header("Origin", PAGE).build(), BodyHandlers.ofString());
        assertThat(failed.statusCode()).isEqualTo(404);
        assertThat(failed.headers().firstValue("access-control-allow-origin")).contains(PAGE);
    }

    @Test
    void anAllowedPageMaySendAnyHeader() throws Exception {
        HttpResponse<String> preflight = preflight(PAGE, "x-stainless-helper, traceparent,content-type , b@d,,x-new");

        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("access-control-allow-headers"))
                .contains("x-stainless-helper, traceparent, content-type, x-new");
        assertThat(preflight.headers().allValues("vary").toString())
                .contains("Origin", "Access-Control-Request-Headers");
        assertThat(preflight(PAGE, "x".repeat(1000) + ", " + "y, ".repeat(300))
                        .headers()
                        .firstValue("access-control-allow-headers"))
                .contains("y");
        assertThat(preflight("https://other.example", "traceparent")
                        .headers()
                        .map()
                        .keySet())
                .noneMatch(name -> name.startsWith("access-control"));
    }

    private static HttpResponse<String> preflight(String origin, String headers) throws Exception {
        return HTTP.send(
                request("/v1/messages")
                        .method("OPTIONS", BodyPublishers.noBody())
                        .header("Origin", origin)
                        .header("Access-Control-Request-Method", "POST")
                        .header("Access-Control-Request-Headers", headers)
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void anAllowedPageMayReadAllHeaders() throws Exception {
        String[] claudes = {
            "anthropic-organization-id: org_1",
            "anthropic-ratelimit-input-tokens-limit: 5",
            "anthropic-new: 1",
            "x-should-retry: false"
        };
        String[] names = {
            "anthropic-organization-id",
            "anthropic-ratelimit-input-tokens-limit",
            "anthropic-new",
            "x-should-retry",
            "request-id"
        };
        UPSTREAM.otherwise(request -> Script.json(200, Wire.MESSAGE, claudes));
        assertThat(exposed(ask("/v1/messages", Api.body(false)))).contains(names);
        UPSTREAM.otherwise(request -> Script.sseHead(claudes).write(Wire.hello()));
        assertThat(exposed(ask("/v1/messages", Api.body(true)))).contains(names).contains("stream-id");
        UPSTREAM.otherwise(request -> Script.json(400, Script.errorBody("invalid_request_error", "no"), claudes));
        assertThat(exposed(ask("/v1/messages", Api.body(false))))
                .contains("anthropic-ratelimit-input-tokens-limit", "x-should-retry", "request-id");
        assertThat(exposed(ask("/v1/streams", Api.body(true))))
                .contains("location", "request-id")
                .doesNotContain("anthropic-new");
        // Otherwise this request would arrive during the next test.
        Api.await("the stream's request", () -> UPSTREAM.requests().size() == 4);
    }

    @Test
    void anAllowedPageMayReadErrors() throws Exception {
        for (String request : List.of(
                "GET /v1/nothing",
                "GET /v1/models/a%2Fb",
                "GET /v1/models/..",
                "PUT /v1/messages",
                "POST /v1/messages",
                "GET /v1/jobs/job_x")) {
            try (RawClient client = RawClient.connect("localhost", SERVER.port())) {
                client.write((request + " HTTP/1.1\r\nHost: localhost\r\nOrigin: " + PAGE
                                + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        .getBytes(ISO_8859_1));
                String answer = client.readToEnd();
                assertThat(answer)
                        .as(request)
                        .startsWith("HTTP/1.1 4")
                        .containsIgnoringCase("\nAccess-Control-Allow-Origin: " + PAGE)
                        .containsPattern("(?i)\\nAccess-Control-Expose-Headers: .*request-id")
                        .containsPattern("(?i)\\nVary: .*Origin");
            }
        }
        UPSTREAM.otherwise(request -> Script.error(529, "overloaded_error", "Overloaded", "x-should-retry: false"));
        HttpResponse<String> overloaded = ask("/v1/messages", Api.body(false));
        assertThat(overloaded.statusCode()).isEqualTo(529);
        assertThat(exposed(overloaded)).contains("request-id", "retry-after");
    }

    private static HttpResponse<String> ask(String path, String body) throws Exception {
        return HTTP.send(
                request(path)
                        .header("Origin", PAGE)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static List<String> exposed(HttpResponse<String> response) {
        assertThat(response.headers().allValues("access-control-allow-origin")).containsExactly(PAGE);
        assertThat(response.headers().allValues("access-control-expose-headers"))
                .hasSize(1);
        return List.of(response.headers()
                .firstValue("access-control-expose-headers")
                .orElseThrow()
                .split(", "));
    }

    @Test
    void everyStatusHasAReasonPhrase() throws Exception {
        for (var expected : Map.of(529, "529 Overloaded", 429, "429 Too Many Requests", 520, "520 Server Error")
                .entrySet()) {
            UPSTREAM.otherwise(request -> Script.error(expected.getKey(), "api_error", "no", "x-should-retry: false"));
            String body = Api.body(false);
            try (RawClient client = RawClient.connect("localhost", SERVER.port())) {
                client.write(
                        ("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                                        + body.length() + "\r\n\r\n" + body)
                                .getBytes(ISO_8859_1));
                assertThat(client.readUntil("\r\n")).contains("HTTP/1.1 " + expected.getValue());
            }
        }
    }

    @Test
    void filesAreServedForGetAndHeadOnly() throws Exception {
        for (String path : List.of("/", "/index.html", "/console/main.js")) {
            assertThat(HTTP.send(request(path).build(), BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
            for (String method : List.of("POST", "PUT", "DELETE", "BREW", "OPTIONS")) {
                HttpResponse<String> response = HTTP.send(
                        request(path).method(method, BodyPublishers.noBody()).build(), BodyHandlers.ofString());
                Api.assertError(response, 405, "invalid_request_error");
                assertThat(response.headers().firstValue("allow")).contains("GET, HEAD");
            }
        }
        assertThat(HTTP.send(request("/%69ndex.html").build(), BodyHandlers.ofString())
                        .headers()
                        .firstValue("content-type")
                        .orElseThrow())
                .startsWith("text/html");
    }

    @Test
    void otherPagesAreRejected() throws Exception {
        HttpResponse<String> preflight = HTTP.send(
                request("/v1/messages")
                        .method("OPTIONS", BodyPublishers.noBody())
                        .header("Origin", "https://other.example")
                        .header("Access-Control-Request-Method", "POST")
                        .build(),
                BodyHandlers.ofString());

        assertThat(preflight.statusCode()).isEqualTo(403);
        assertThat(preflight.headers().firstValue("access-control-allow-origin"))
                .isEmpty();
        assertThat(HTTP.send(request("/v1/streams").build(), BodyHandlers.ofString())
                        .headers()
                        .firstValue("access-control-allow-origin"))
                .isEmpty();
    }

    @Test
    void speaksTls() throws Exception {
        HttpClient secure = secure("TLSv1.3", "TLSv1.2");
        HttpResponse<String> response = secure.send(
                HttpRequest.newBuilder(URI.create("https://localhost:" + SERVER.httpsPort() + "/v1/messages"))
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(Api.body(false)))
                        .build(),
                BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
        assertThat(secure("TLSv1.2")
                        .send(
                                HttpRequest.newBuilder(
                                                URI.create("https://localhost:" + SERVER.httpsPort() + "/health/live"))
                                        .build(),
                                BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void rejectsOldTls() throws Exception {
        assertThatThrownBy(() -> secure("TLSv1.1")
                        .send(
                                HttpRequest.newBuilder(
                                                URI.create("https://localhost:" + SERVER.httpsPort() + "/health/live"))
                                        .build(),
                                BodyHandlers.ofString()))
                .isInstanceOfAny(SSLException.class, java.io.IOException.class, IllegalArgumentException.class);
    }

    private static HttpClient secure(String... protocols) throws Exception {
        var parameters = new SSLParameters();
        parameters.setProtocols(protocols);
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(TrustingTls.context())
                .sslParameters(parameters)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    private static HttpResponse<String> post(String path, String body) throws Exception {
        return HTTP.send(
                request(path)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(SERVER.uri().resolve(path)).timeout(Duration.ofSeconds(30));
    }
}
