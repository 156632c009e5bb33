package io.github.claudejakarta.it.callers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Without configured clients the server serves only the local machine, rejects pages of other origins, and callers
 * bring their own keys.
 */
@ExtendWith(ArquillianExtension.class)
class CallersIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings("claude.api-key=");
    }

    @BeforeAll
    static void startUpstream() {
        upstream = ScriptedUpstream.startForServer();
    }

    @AfterAll
    static void closeUpstream() {
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    private static final String KEY = ServerLog.KEY_MARK + "callers-own-0815";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:9080",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "evil.example:80@localhost",
                "10.0.0.1",
                "[2001:db8::1]",
                "%%%",
                "a b"
            })
    void rejectsAForeignHost(String host) throws Exception {
        try (var client = RawClient.connect().message("Host: " + host, "x-api-key: " + KEY)) {
            assertThat(client.status()).isIn(400, 403);
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "localhost:9080",
                "127.0.0.1",
                "127.0.0.1:1234",
                "[::1]:9080",
                "LOCALHOST",
                "localhost.:9080",
                "[0:0:0:0:0:0:0:1]:9080"
            })
    void servesItsOwnNames(String host) throws Exception {
        upstream.answer(Wire.helloScript());
        try (var client = RawClient.connect().message("Host: " + host, "x-api-key: " + KEY)) {
            assertThat(client.status()).isEqualTo(200);
            client.readUntil("message_stop");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "http://evil.example:9080",
                "null",
                "http://localhost.evil.example",
                "%%%",
                "a b",
                "file://",
                "http://localhost@evil.example",
                "chrome-extension://abc"
            })
    void rejectsAForeignOrigin(String origin) throws Exception {
        for (var path : List.of("/v1/messages", "/v1/streams", "/v1/nothing")) {
            try (var client = RawClient.connect()
                    .request("POST", path, Api.body(true), "Origin: " + origin, "x-api-key: " + KEY)) {
                assertThat(client.status()).isEqualTo(403);
                assertThat(client.readUntil("request_id"))
                        .contains("permission_error")
                        .doesNotContain("Exception");
            }
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void servesItsOwnPage() throws Exception {
        upstream.answer(Wire.helloScript());
        try (var client = RawClient.connect().message("Origin: " + Api.SERVER, "x-api-key: " + KEY)) {
            assertThat(client.status()).isEqualTo(200);
            client.readUntil("message_stop");
        }
    }

    @Test
    void doesNotTrustForwardingHeaders() throws Exception {
        // Also if a header says that the Host has another name.
        try (var client = RawClient.connect()
                .message(
                        "Host: evil.example",
                        "$WSSN: localhost",
                        "$WSSP: 9080",
                        "$WSRA: 127.0.0.1",
                        "X-Forwarded-Host: localhost",
                        "X-Forwarded-For: 127.0.0.1",
                        "Forwarded: for=127.0.0.1;host=localhost",
                        "x-api-key: " + KEY)) {
            assertThat(client.status()).isEqualTo(403);
        }
        assertThat(upstream.requests()).isEmpty();
        // Also if a header says that the caller is another machine, or this server.
        upstream.answer(Wire.helloScript());
        try (var client = RawClient.connect()
                .request(
                        "POST",
                        "/v1/streams",
                        Api.body(true),
                        "$WSRA: 203.0.113.9",
                        "$WSRH: evil.example",
                        "$WSSN: evil.example",
                        "$WSSP: 1",
                        "X-Forwarded-Host: evil.example",
                        "X-Forwarded-For: 203.0.113.9",
                        "X-Forwarded-Proto: https",
                        "X-Forwarded-Prefix: /evil",
                        "Forwarded: for=203.0.113.9;host=evil.example",
                        "x-api-key: " + KEY)) {
            assertThat(client.status()).isEqualTo(201);
            assertThat(client.readUntil("\r\n\r\n").toLowerCase(Locale.ROOT))
                    .contains("location: http://localhost:" + Api.SERVER.getPort() + "/v1/streams/")
                    .doesNotContain("evil");
        }
        upstream.takeRequest(); // It would take the script of the next test.
    }

    @Test
    void forwardsTheCallersKey() throws Exception {
        upstream.otherwise(request -> Wire.messageScript());

        Api.post("/v1/messages", Api.body(false), "x-api-key", KEY);
        Api.post("/v1/messages", Api.body(false), "Authorization", "Bearer " + KEY);
        Api.post("/v1/messages", Api.body(false), "x-api-key", KEY, "Authorization", "Bearer " + KEY + "-other");
        Api.get("/v1/models", "x-api-key", KEY);

        var first = upstream.takeRequest();
        assertThat(first.headerValues("x-api-key")).containsExactly(KEY);
        assertThat(first.header("authorization")).isEmpty();
        var second = upstream.takeRequest();
        assertThat(second.headerValues("authorization")).containsExactly("Bearer " + KEY);
        assertThat(second.header("x-api-key")).isEmpty();
        var third = upstream.takeRequest();
        assertThat(third.headerValues("x-api-key")).containsExactly(KEY);
        assertThat(third.header("authorization")).isEmpty();
        assertThat(upstream.takeRequest().headerValues("x-api-key")).containsExactly(KEY);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x-api-key:;Authorization: Bearer K|authorization: Bearer K",
                "x-api-key: \t;Authorization: bearer \t K\t|authorization: Bearer K",
                "x-api-key: \tK\t ;Authorization: Bearer|x-api-key: K",
                "x-api-key: ;x-api-key: K|x-api-key: K",
                "x-api-key: K;Authorization: Bearer other|x-api-key: K",
                "Authorization: Bearer ;Authorization: Bearer K|authorization: Bearer K",
                "Authorization: Basic YTpi, Bearer K|authorization: Bearer K",
                "x-api-key: ;Authorization: Bearer |",
                "Authorization: Bearer|",
                "x-api-key:\t|"
            })
    void forwardsTheFirstCredentialThatIsNotBlank(String headers, String passed) throws Exception {
        upstream.answer(Wire.messageScript());
        try (var client = RawClient.connect()
                .request(
                        "POST",
                        "/v1/messages",
                        Api.body(false),
                        headers.replace("K", KEY).split(";"))) {
            assertThat(client.status()).isEqualTo(200);
            client.readUntil("end_turn");
        }
        var sent = upstream.takeRequest();
        assertThat(List.of("x-api-key", "authorization").stream()
                        .flatMap(name -> sent.headerValues(name).stream().map(value -> name + ": " + value))
                        .toList())
                .isEqualTo(passed == null ? List.of() : List.of(passed.replace("K", KEY)));
    }

    /** RFC 9110, 5.5. */
    @Test
    void whiteSpaceAroundAHeaderDoesNotBelongToIt() throws Exception {
        upstream.answer(Wire.messageScript());
        var body = Api.body(false);
        try (var client = RawClient.connect()) {
            client.write(("POST /v1/messages HTTP/1.1\r\nHost:\tlocalhost:" + Api.SERVER.getPort()
                            + " \t\r\nContent-Type: \tapplication/json \t\r\nContent-Length:\t"
                            + body.length() + " \t\r\nOrigin: " + Api.SERVER
                            + "\t\r\nAccept: \tapplication/json\t\r\nContent-Encoding:\tidentity \r\nstream-recovery:\toff \r\n"
                            + "anthropic-version: \t2023-06-01 \t\r\nanthropic-beta: a \r\nanthropic-beta:\t\r\nanthropic-beta: b\t\r\nanthropic-x:\t \r\n\r\n"
                            + body)
                    .getBytes(StandardCharsets.ISO_8859_1));
            assertThat(client.status()).isEqualTo(200);
            client.readUntil("end_turn");
        }
        var sent = upstream.takeRequest();
        assertThat(sent.headerValues("anthropic-version")).containsExactly("2023-06-01");
        assertThat(sent.headerValues("anthropic-beta")).containsExactly("a,b");
        assertThat(sent.header("anthropic-x")).isEmpty();
    }

    @Test
    void aBlankVersionIsIgnored() throws Exception {
        upstream.answer(Wire.messageScript());

        Api.post("/v1/messages", Api.body(false), "anthropic-version", " ", "anthropic-beta", "");

        var sent = upstream.takeRequest();
        assertThat(sent.headerValues("anthropic-version")).containsExactly("2023-06-01");
        assertThat(sent.header("anthropic-beta")).isEmpty();
    }

    @Test
    void locatesAStreamWithoutTheWhiteSpaceAroundTheHost() throws Exception {
        upstream.answer(Wire.helloScript());
        try (var client = RawClient.connect().request("POST", "/v1/streams", Api.body(true), "Host: localhost \t")) {
            assertThat(client.status()).isEqualTo(201);
            assertThat(client.readUntil("\r\n\r\n").toLowerCase(Locale.ROOT))
                    .contains("location: http://localhost/v1/streams/stream_");
        }
        upstream.takeRequest();
    }

    @Test
    void keepsKeysOfCallersApart() throws Exception {
        upstream.otherwise(request -> Script.json(
                200, "{\"key\":\"" + request.header("x-api-key").orElse("none").length() + "\"}"));

        for (int i = 0; i < 20; i++) {
            var key = "k".repeat(i + 1);
            assertThat(Api.post("/v1/messages", Api.body(false), "x-api-key", key)
                            .body())
                    .isEqualTo("{\"key\":\"" + key.length() + "\"}");
            assertThat(Api.post("/v1/messages", Api.body(false)).body()).isEqualTo("{\"key\":\"4\"}");
        }
    }

    @Test
    void returnsClaudesErrorForAMissingKey() throws Exception {
        upstream.answer(Script.error(401, "authentication_error", "x-api-key header is required"));

        Api.assertError(Api.message(), 401, "authentication_error");
        var request = upstream.takeRequest();
        assertThat(request.header("x-api-key")).isEmpty();
        assertThat(request.header("authorization")).isEmpty();
    }

    @Test
    void forwardsVersionAndBeta() throws Exception {
        upstream.otherwise(request -> Wire.messageScript());

        Api.post("/v1/messages", Api.body(false), "anthropic-version", "2026-10-21", "anthropic-beta", "a-1,b-2");
        Api.post("/v1/messages", Api.body(false), "anthropic-beta", "a-1", "anthropic-beta", "b-2");

        var first = upstream.takeRequest();
        assertThat(first.headerValues("anthropic-version")).containsExactly("2026-10-21");
        assertThat(first.headerValues("anthropic-beta")).containsExactly("a-1,b-2");
        var second = upstream.takeRequest();
        assertThat(second.headerValues("anthropic-version")).containsExactly("2023-06-01");
        assertThat(String.join(",", second.headerValues("anthropic-beta")).replace(" ", ""))
                .isEqualTo("a-1,b-2");
    }

    @Test
    void doesNotForwardHopByHopAndForwardingHeadersAndCookies() throws Exception {
        upstream.answer(Script.json(
                200,
                Wire.MESSAGE,
                "set-cookie: session=1",
                "x-forwarded-for: 10.1.2.3",
                "via: 1.1 inside",
                "server: inside/1.0",
                "keep-alive: timeout=5",
                "x-hop: 1",
                "connection: x-hop",
                "www-authenticate: Basic",
                "cf-ray: 1",
                "anthropic-organization-id: org_1",
                "anthropic-ratelimit-tokens-remaining: 1000"));
        try (var client = RawClient.connect()
                .request(
                        "POST",
                        "/v1/messages",
                        Api.body(false),
                        "Cookie: session=1",
                        "Connection: x-hop",
                        "x-hop: 1",
                        "TE: trailers",
                        "Proxy-Authorization: Basic abc",
                        "X-Forwarded-For: 10.9.8.7",
                        "Forwarded: for=10.9.8.7",
                        "X-Real-IP: 10.9.8.7",
                        "Referer: http://inside/",
                        "Via: 1.1 before",
                        "Expect: x",
                        "Accept-Encoding: x-of-the-caller",
                        "x-api-key: " + KEY)) {
            var head = client.readUntil("\r\n\r\n").toLowerCase(Locale.ROOT);

            var sent = upstream.takeRequest();
            assertThat(String.join("\n", sent.headers()).toLowerCase(Locale.ROOT))
                    .doesNotContain(
                            "cookie",
                            "x-hop",
                            "trailers",
                            "proxy-auth",
                            "forwarded",
                            "x-real-ip",
                            "referer",
                            "via:",
                            "10.9.8.7",
                            "x-of-the-caller");
            assertThat(head)
                    .startsWith("http/1.1 200")
                    .contains(
                            "anthropic-organization-id: org_1",
                            "request-id: req_scripted",
                            "anthropic-ratelimit-tokens-remaining: 1000")
                    .doesNotContain(
                            "set-cookie",
                            "x-forwarded",
                            "via:",
                            "inside",
                            "x-hop",
                            "www-authenticate",
                            "cf-ray",
                            "timeout=5");
        }
    }

    @Test
    void showsAllLoopbackCallersTheSameStreams() throws Exception {
        upstream.answer(Wire.helloScript());
        var id = Api.streamId(Api.message("x-api-key", KEY));

        assertThat(Api.stream(id, "x-api-key", "another").getString("status")).isEqualTo("completed");
        assertThat(Api.get("/v1/streams/" + id).body()).doesNotContain(KEY);
    }

    @Test
    void rejectsJobsOfCallersWithTheirOwnKey() throws Exception {
        var caller = JobCaller.ofServer();
        var newest = caller.newest();

        var error = Api.assertError(
                caller.submit(JobCaller.submission(Api.body(false)), "x-api-key", KEY), 400, "invalid_request_error");

        assertThat(error.getString("message")).contains("claude.api-key");
        assertThat(caller.newest()).isEqualTo(newest);
        assertThat(upstream.requests()).isEmpty();
    }
}
