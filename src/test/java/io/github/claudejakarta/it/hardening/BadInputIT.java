package io.github.claudejakarta.it.hardening;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.ByteArrayInputStream;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
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
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalid requests are rejected in Anthropic's format with a reason, and are not sent to Claude. */
@ExtendWith(ArquillianExtension.class)
class BadInputIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("SRVE0315E|RESTEASY002130");

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings();
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

    static Stream<Arguments> badMessages() {
        var messages = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
        return Stream.of(
                Arguments.of("", "JSON"),
                Arguments.of("{", "JSON"),
                Arguments.of("not json", "JSON"),
                Arguments.of("[]", "JSON object"),
                Arguments.of("\"text\"", "JSON object"),
                Arguments.of("null", "JSON object"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":1," + messages + "} x", "JSON"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":1," + messages + ",}", "JSON"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":1," + messages + ",\"a\":" + "[".repeat(100_000), "JSON"),
                Arguments.of("{}", "model"),
                Arguments.of("{\"max_tokens\":1," + messages + "}", "model"),
                Arguments.of("{\"model\":\"m\"," + messages + "}", "max_tokens"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":1}", "messages"),
                Arguments.of("{\"model\":1,\"max_tokens\":1," + messages + "}", "model"),
                Arguments.of("{\"model\":\"\",\"max_tokens\":1," + messages + "}", "model"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":\"1\"," + messages + "}", "max_tokens"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":-1," + messages + "}", "max_tokens"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":1.5," + messages + "}", "max_tokens"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":1e999999999," + messages + "}", "max_tokens"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":1,\"messages\":{}}", "messages"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}", "messages"),
                Arguments.of("{\"model\":\"m\",\"max_tokens\":1,\"stream\":\"yes\"," + messages + "}", "stream"));
    }

    @ParameterizedTest
    @MethodSource("badMessages")
    void rejectsInvalidMessages(String body, String expected) throws Exception {
        for (var path : List.of("/v1/messages", "/v1/streams")) {
            var error = Api.assertError(Api.post(path, body), 400, "invalid_request_error");

            assertThat(error.getString("message")).contains(expected).hasSizeLessThan(1000);
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void countsTokensWithoutMaxTokensButNotWithoutMessages() throws Exception {
        upstream.answer(Script.json(200, "{\"input_tokens\":1}"));

        assertThat(Api.post("/v1/messages/count_tokens", "{\"model\":\"m\",\"messages\":[{}]}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(upstream.requests()).hasSize(1);
        Api.assertError(Api.post("/v1/messages/count_tokens", "{\"model\":\"m\"}"), 400, "invalid_request_error");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void forwardsRequestsThatOnlyClaudeCanJudge() throws Exception {
        var body =
                "{ \"model\":\"claude-of-the-future\", \"max_tokens\":1e9, \"messages\":[{\"role\":\"oracle\"}], \"temperature\":99,"
                        + "\"future\":{\"b\":1.00,\"a\":[null]} }";
        upstream.answer(Script.error(400, "invalid_request_error", "messages.0.role: no"));

        assertThat(Api.post("/v1/messages", body).body())
                .isEqualTo(Script.errorBody("invalid_request_error", "messages.0.role: no"));
        assertThat(upstream.takeRequest().text()).isEqualTo(body);
    }

    /** Some serializers write each unset field as null. */
    @Test
    void streamMayBeNull() throws Exception {
        var body = Api.body(false).replace("\"stream\":false", "\"stream\" : null");
        upstream.otherwise(request -> request.path().endsWith("count_tokens")
                ? Script.json(200, "{\"input_tokens\":1}")
                : request.text().contains("true") ? Wire.helloScript() : Wire.messageScript());

        var message = Api.post("/v1/messages", body);
        assertThat(message.body()).isEqualTo(Wire.MESSAGE);
        assertThat(message.headers().firstValue("stream-id")).isEmpty();
        assertThat(upstream.takeRequest().text()).isEqualTo(body);
        assertThat(Api.post("/v1/messages/count_tokens", body).statusCode()).isEqualTo(200);
        assertThat(upstream.takeRequest().text()).isEqualTo(body);
        var stream = Api.post("/v1/streams", body);
        assertThat(stream.statusCode()).isEqualTo(201);
        assertThat(Api.endedStream(Api.json(stream.body()).getString("id")).getString("status"))
                .isEqualTo("completed");
        assertThat(upstream.takeRequest().text()).isEqualTo(body.replace("null", "true"));
    }

    /** Editors and .NET write a byte order mark, and Claude rejects it. */
    @Test
    void removesAByteOrderMark() throws Exception {
        upstream.otherwise(request -> request.path().endsWith("count_tokens")
                ? Script.json(200, "{\"input_tokens\":1}")
                : Wire.messageScript());
        for (var path : List.of("/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches")) {
            for (var body : List.of(Api.body(false), Api.body(false, "\"system\":\"" + "x".repeat(100_000) + "\""))) {
                var response = Api.post(path, "\uFEFF" + body);

                assertThat(response.statusCode()).as(response::body).isEqualTo(200);
                assertThat(upstream.takeRequest().text()).as(path).isEqualTo(body);
            }
        }
        upstream.otherwise(request -> Wire.helloScript());
        var created = Api.post("/v1/streams", "\uFEFF" + Api.body(true));
        assertThat(created.statusCode()).as(created::body).isEqualTo(201);
        assertThat(upstream.takeRequest().text()).isEqualTo(Api.body(true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/messages",
                "/v1/messages/count_tokens",
                "/v1/streams",
                "/v1/messages/batches",
                "/v1/jobs",
                "/v1/batches"
            })
    void encodingErrorsNameTheirPlace(String path) throws Exception {
        var twice = Api.assertError(Api.post(path, "\uFEFF\uFEFF" + Api.body(false)), 400, "invalid_request_error");
        assertThat(twice.getString("message")).contains("second byte order mark");
        for (var charset : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
            var wide = Api.send(Api.request(path, "content-type", "application/json")
                    .POST(BodyPublishers.ofByteArray(Api.body(false).getBytes(charset))));
            assertThat(Api.assertError(wide, 400, "invalid_request_error").getString("message"))
                    .isEqualTo("The request body is not UTF-8 but UTF-16");
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void rejectsOtherContentTypes() throws Exception {
        for (var type : List.of(
                "text/plain",
                "application/x-www-form-urlencoded",
                "text/plain;charset=x",
                "nonsense",
                "application/xml")) {
            for (var path : List.of("/v1/messages", "/v1/streams", "/v1/messages/count_tokens")) {
                var response = Api.send(
                        Api.request(path).header("content-type", type).POST(BodyPublishers.ofString(Api.body(true))));

                assertThat(response.statusCode()).as(type).isIn(400, 415);
                Api.assertError(response, response.statusCode(), "invalid_request_error");
            }
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void acceptsJsonWithACharset() throws Exception {
        upstream.answer(Wire.messageScript());

        var response = Api.send(Api.request("/v1/messages")
                .header("content-type", "application/json; charset=UTF-8")
                .POST(BodyPublishers.ofString(Api.body(false))));

        assertThat(response.statusCode()).isEqualTo(200);
    }

    @Test
    void rejectsABodyOf40MbByItsContentLength() throws Exception {
        for (var path : List.of("/v1/messages", "/v1/streams", "/v1/messages/count_tokens")) {
            try (var client = RawClient.connect()) {
                client.write(("POST " + path
                                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                                + (40 << 20) + "\r\n\r\n{\"model\":")
                        .getBytes(UTF_8));
                assertThat(client.status()).isEqualTo(413);
                assertThat(client.readUntil("request_id")).contains("request_too_large");
            }
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void rejectsABodyOf40MbOfUnknownLength() throws Exception {
        var big = ("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\""
                        + "x".repeat(40 << 20) + "\"}]}")
                .getBytes(UTF_8);

        Api.assertError(
                Api.send(Api.request("/v1/messages")
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofByteArray(big))),
                413,
                "request_too_large");
        Api.assertError(
                Api.send(Api.request("/v1/messages")
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(big)))),
                413,
                "request_too_large");
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void forwardsABodyOf30Mb() throws Exception {
        var big = Api.body(false, "\"metadata\":{\"user_id\":\"" + "x".repeat(30 << 20) + "\"}");
        upstream.answer(Wire.messageScript());

        assertThat(Api.post("/v1/messages", big).body()).isEqualTo(Wire.MESSAGE);
        assertThat(upstream.takeRequest().text().length()).isEqualTo(big.length());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1",
        "GET, /v1/",
        "GET, /v1/nothing",
        "POST, /v1/nothing",
        "GET, /v1/messages/x",
        "GET, /v1/streams/x/y",
        "GET, /v1/streams/stream_00000000000000000000000000000000",
        "DELETE, /v1/streams/x",
        "POST, /v1/complete"
    })
    void unknownPathsReturn404(String method, String path) throws Exception {
        var response = Api.send(Api.request(path).method(method, BodyPublishers.noBody()));

        assertThat(response.statusCode()).as(response::body).isIn(400, 404);
        Api.assertError(
                response,
                response.statusCode(),
                response.statusCode() == 404 ? "not_found_error" : "invalid_request_error");
        assertThat(upstream.requests()).isEmpty();
    }

    /** Liberty rejects these paths before it calls the application. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/streams/%00%ff",
                "/v1/streams/..%2f..%2fhealth",
                "/v1/models/a%3fb%23c",
                "/v1/models/..%2fmessages%2fbatches"
            })
    void rejectsDisguisedPaths(String path) throws Exception {
        var response = Api.get(path);

        assertThat(response.statusCode()).isIn(400, 404);
        assertThat(response.body()).doesNotContain("io.github", "java.lang", "	at ");
        assertThat(upstream.requests()).isEmpty();
    }

    /** RFC 3986, 6.2.2.2: an encoded letter is the letter. */
    @ParameterizedTest
    @CsvSource({
        "POST, /v1/%6Dessages, /v1/messages",
        "POST, /%761/%6d%65ssages?beta=true, /v1/messages",
        "POST, /v1/messages/%63ount%5Ftokens, /v1/messages/count_tokens",
        "GET, /v1/models/claude%2Dopus%2d5%2E5, /v1/models/claude-opus-5.5",
        "GET, /v1/%6dodels, /v1/models"
    })
    void acceptsEncodedPaths(String method, String path, String passed) throws Exception {
        upstream.answer(Script.json(200, "{\"data\":[],\"input_tokens\":1}"));
        try (var client = RawClient.connect().request(method, path, method.equals("POST") ? Api.body(false) : "")) {
            assertThat(client.status()).isEqualTo(200);
        }
        assertThat(upstream.takeRequest().path()).startsWith(passed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/models/..",
                "/v1/models/%2e%2E",
                "/v1/./models",
                "/v1/x/../models",
                "/v1/models/%2e%2e/messages/batches",
                "/v1/models/a%2Fb",
                "/v1/models/a%2fb",
                "/v1/models/a%5Cb",
                "/v1/models/a%23b",
                "/v1%2Fmodels",
                "/v1/models/a[b]"
            })
    void rejectsAmbiguousPaths(String path) throws Exception {
        try (var client = RawClient.connect().request("GET", path, "")) {
            assertThat(client.status()).isEqualTo(400);
            assertThat(client.readUntil("request_id")).contains("application/json", "\"invalid_request_error\"", "URL");
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/%256Dodels", "/v1/Models", "//v1/models", "/v1//models", "/v1;x/models"})
    void rejectsOtherSpellingsOfPaths(String path) throws Exception {
        try (var client = RawClient.connect().request("GET", path, "")) {
            assertThat(client.status()).isEqualTo(404);
            assertThat(client.readUntil("request_id")).contains("\"not_found_error\"");
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"3000000000", "9223372036854775807", "99999999999999999999"})
    void rejectsAContentLengthThatOverflows(String length) throws Exception {
        for (var path : List.of(
                "/v1/messages", "/v1/streams", "/v1/messages/count_tokens", "/v1/messages/batches", "/v1/jobs")) {
            try (var client = RawClient.connect()) {
                client.write(("POST " + path
                                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                                + length + "\r\n\r\n{")
                        .getBytes(UTF_8));
                assertThat(client.status()).as(path).isEqualTo(413);
                assertThat(client.readUntil("request_id")).contains("request_too_large");
            }
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void unknownStreamsReturn404InEachFormat() throws Exception {
        for (var accept : List.of("application/json", "text/event-stream", "text/plain", "*/*")) {
            Api.assertError(Api.get("/v1/streams/stream_unknown", "accept", accept), 404, "not_found_error");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/messages",
        "PUT, /v1/messages",
        "DELETE, /v1/messages",
        "PATCH, /v1/messages",
        "HEAD, /v1/messages",
        "GET, /v1/messages/count_tokens",
        "POST, /v1/models",
        "DELETE, /v1/streams",
        "PUT, /v1/streams/x",
        "POST, /v1/streams/x",
        "TRACE, /v1/messages",
        "BREW, /v1/messages"
    })
    void otherMethodsAreRejected(String method, String path) throws Exception {
        var response = Api.send(Api.request(path).method(method, BodyPublishers.noBody()));

        assertThat(response.statusCode()).as(response::body).isBetween(400, 501);
        assertThat(response.statusCode()).isNotEqualTo(500);
        assertThat(response.body()).doesNotContain("Exception", "io.github", "\tat ");
        if (!method.equals("HEAD") && response.statusCode() == 405) {
            Api.assertError(response, 405, "invalid_request_error");
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void listsTheMethodsWithoutARequestToClaude() throws Exception {
        for (var path : List.of("/v1/messages", "/v1/streams", "/v1/models", "/v1/streams/x")) {
            var response = Api.send(Api.request(path).method("OPTIONS", BodyPublishers.noBody()));

            assertThat(response.statusCode()).isBetween(200, 499);
            assertThat(response.headers().firstValue("access-control-allow-origin"))
                    .isEmpty();
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void answersHeadWithoutWatching() throws Exception {
        upstream.answer(Wire.begun().stall());
        var id = Api.startStream();

        for (var accept : List.of("application/json", "text/event-stream", "text/plain")) {
            var response = Api.send(Api.request("/v1/streams/" + id, "accept", accept)
                    .method("HEAD", BodyPublishers.noBody())
                    .timeout(Duration.ofSeconds(10)));
            assertThat(response.statusCode()).isBetween(200, 405);
            assertThat(response.body()).isEmpty();
        }
        Api.delete("/v1/streams/" + id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "-1", "1.5", "99999999999999999999", "7", "1000", "0x1", "٣"})
    void rejectsAnInvalidLastEventId(String last) throws Exception {
        upstream.answer(Wire.helloScript());
        var id = Api.streamId(Api.message());
        upstream.forget();

        var query = URLEncoder.encode(last, UTF_8);
        Api.assertError(Api.send(Api.watching(id + "?after=" + query)), 400, "invalid_request_error");
        if (last.chars().allMatch(c -> c < 128)) {
            var error =
                    Api.assertError(Api.send(Api.watching(id, "Last-Event-ID", last)), 400, "invalid_request_error");
            assertThat(error.getString("message")).contains("Last-Event-ID");
            Api.assertError(
                    Api.get("/v1/streams/" + id, "accept", "text/plain", "Last-Event-ID", last),
                    400,
                    "invalid_request_error");
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void rejectsUnsupportedAcceptHeaders() throws Exception {
        upstream.answer(Wire.helloScript());
        var id = Api.streamId(Api.message());

        Api.assertError(Api.get("/v1/streams/" + id, "accept", "image/png"), 406, "invalid_request_error");
        Api.assertError(Api.get("/v1/streams", "accept", "image/png"), 406, "invalid_request_error");
        var nonsense = Api.get("/v1/streams/" + id, "accept", "not/a/type;;;");
        assertThat(nonsense.statusCode()).isIn(200, 400, 406);
        assertThat(nonsense.body()).doesNotContain("Exception", "\tat ");
    }

    /** Headers of old and of unusual programs. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
                "application/json;profile=\"a\";q=.5",
                ", application/json ,",
                "*;q=1.000"
            })
    void acceptsUnusualAcceptHeaders(String accept) throws Exception {
        var response = Api.get("/v1/streams", "accept", accept);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type").orElseThrow()).startsWith("application/json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=abc", "limit=-1", "limit=1.5", "limit=99999999999", "after_id=a&before_id=b"})
    void rejectsInvalidPages(String query) throws Exception {
        var response = Api.get("/v1/streams?" + query);

        assertThat(response.statusCode()).as(response::body).isBetween(400, 404);
        Api.assertError(
                response,
                response.statusCode(),
                response.statusCode() == 404 ? "not_found_error" : "invalid_request_error");
    }

    @Test
    void rejectsRandomBytes() throws Exception {
        var random = new Random(4711);
        for (int i = 0; i < 200; i++) {
            byte[] bytes = new byte[random.nextInt(2000)];
            random.nextBytes(bytes);
            Api.assertError(
                    Api.send(Api.request(i % 2 == 0 ? "/v1/messages" : "/v1/streams")
                            .header("content-type", "application/json")
                            .POST(BodyPublishers.ofByteArray(bytes))),
                    400,
                    "invalid_request_error");
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void survivesDamagedBodies() throws Exception {
        upstream.otherwise(request -> Wire.messageScript());
        var random = new Random(4711);
        for (int i = 0; i < 300; i++) {
            byte[] bytes = Api.body(false).getBytes(UTF_8);
            for (int n = random.nextInt(3); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            var response = Api.send(Api.request("/v1/messages")
                    .header("content-type", "application/json")
                    .POST(BodyPublishers.ofByteArray(bytes)));
            if (response.statusCode() != 200) {
                Api.assertError(response, 400, "invalid_request_error");
            }
        }
    }

    @Test
    void rejectsPathsThatLeaveTheModels() throws Exception {
        upstream.otherwise(request -> Script.json(200, "{}"));

        Api.get("/v1/models/a%20b");
        Api.get("/v1/models/a/../../messages/batches");
        Api.get("/v1/models?after_id=x%0d%0ax-evil:%201");

        assertThat(upstream.requests())
                .allMatch(request -> request.path().matches("/v1/models(/[^/?#]+)?"))
                .noneMatch(request -> request.header("x-evil").isPresent())
                .noneMatch(request -> request.path().contains("/.."));
    }
}
