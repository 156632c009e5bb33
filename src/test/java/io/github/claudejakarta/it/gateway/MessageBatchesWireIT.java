package io.github.claudejakarta.it.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of requests and responses of forwarded message batches, and the number of requests. */
@ExtendWith(ArquillianExtension.class)
class MessageBatchesWireIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final String PATH = "/v1/messages/batches";
    private static final String ENVELOPE = "{\"requests\":[" + ManagedBatches.item("a", Api.PROMPT) + "]}";
    private static final String BATCH =
            "{ \"id\":\"msgbatch_1\", \"type\":\"message_batch\", \"future\":1.0 , \"results_url\":null,"
                    + "\"processing_status\":\"in_progress\" }";
    private static final String LINES = "content-type: application/x-jsonl";

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.api-key=",
                FaultTolerance.NO_BREAKER,
                "claude.read-timeout=PT1S",
                "claude.request-timeout=PT1S");
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

    // Requests.

    @Test
    void aBodyOfAnyLengthArrivesAsItIs() throws Exception {
        upstream.otherwise(request -> Script.json(200, BATCH));
        var bytes = new byte[5_000_000];
        new Random(1).nextBytes(bytes);

        for (int length : new int[] {1, 65_535, 65_536, 65_537, bytes.length}) {
            var body = Arrays.copyOf(bytes, length);
            for (var publisher : List.of(
                    BodyPublishers.ofByteArray(body),
                    BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))) {
                upstream.forget();
                upstream.otherwise(request -> Script.json(200, BATCH));

                var response = Api.send(creating(publisher));

                assertThat(response.statusCode()).as(response::body).isEqualTo(200);
                assertThat(Arrays.equals(upstream.takeRequest().body(), body))
                        .as("body of " + length)
                        .isTrue();
                assertThat(upstream.requests()).hasSize(1);
            }
        }
    }

    @Test
    void theCallersKeyAndBetaAreInEveryCall() throws Exception {
        upstream.otherwise(request -> request.target().endsWith("/results")
                ? Script.chunked(200, LINES).write("{}\n")
                : Script.json(200, BATCH));
        var key = ServerLog.KEY_MARK + "caller";

        for (var request : List.of(
                Api.posting(PATH, ENVELOPE),
                Api.request(PATH + "?limit=2&after_id=msgbatch_0"),
                Api.request(PATH + "/msgbatch_1"),
                Api.request(PATH + "/msgbatch_1/cancel").POST(BodyPublishers.noBody()),
                Api.request(PATH + "/msgbatch_1/results"),
                Api.request(PATH + "/msgbatch_1").DELETE())) {
            assertThat(Api.send(request.headers(
                                    "x-api-key",
                                    key,
                                    "anthropic-beta",
                                    "output-300k-2026-03-24",
                                    "anthropic-version",
                                    "2026-10-21"))
                            .statusCode())
                    .isEqualTo(200);
        }

        assertThat(upstream.requests())
                .extracting(request -> request.method() + " " + request.target())
                .containsExactly(
                        "POST " + PATH,
                        "GET " + PATH + "?limit=2&after_id=msgbatch_0",
                        "GET " + PATH + "/msgbatch_1",
                        "POST " + PATH + "/msgbatch_1/cancel",
                        "GET " + PATH + "/msgbatch_1/results",
                        "DELETE " + PATH + "/msgbatch_1");
        assertThat(upstream.requests()).allSatisfy(request -> {
            assertThat(request.headerValues("x-api-key")).containsExactly(key);
            assertThat(request.headerValues("anthropic-beta")).containsExactly("output-300k-2026-03-24");
            assertThat(request.headerValues("anthropic-version")).containsExactly("2026-10-21");
        });
    }

    @Test
    void theQueryIsForwardedUnchanged() throws Exception {
        upstream.otherwise(
                request -> request.text().contains("\"stream\":true") ? Wire.helloScript() : Script.json(200, BATCH));
        String query = "?beta=true&x=a%2Fb%20c+d&y=%7B%7D&beta=false&z&=%C3%A4";

        for (String path : List.of("/v1/messages", "/v1/messages/count_tokens", PATH, PATH + "/msgbatch_1/cancel")) {
            assertThat(Api.post(path + query, Api.body(false)).statusCode()).isEqualTo(200);
        }
        assertThat(Api.post("/v1/messages" + query, Api.body(true)).body()).isEqualTo(Wire.hello());
        assertThat(Api.get("/v1/models" + query).statusCode()).isEqualTo(200);

        assertThat(upstream.requests())
                .extracting(ReceivedRequest::target)
                .containsExactly(
                        "/v1/messages" + query,
                        "/v1/messages/count_tokens" + query,
                        PATH + query,
                        PATH + "/msgbatch_1/cancel" + query,
                        "/v1/messages" + query,
                        "/v1/models" + query);
    }

    /** The query of the server's own paths is for the server. */
    @Test
    void theQueryOfStreamsIsNotForwarded() throws Exception {
        upstream.answer(Wire.helloScript());

        var created = Api.post("/v1/streams?beta=true", Api.body(false));

        Api.endedStream(Api.json(created.body()).getString("id"));
        assertThat(upstream.takeRequest().target()).isEqualTo("/v1/messages");
    }

    @Test
    void aBodyThatIsTooLongIsRejectedBeforeItIsRead() throws Exception {
        try (var client = RawClient.connect()) {
            client.request("POST", PATH, "", "Content-Type: application/json", "Content-Length: " + ((256L << 20) + 1));

            assertThat(client.readUntil("256 MB")).startsWith("HTTP/1.1 413").contains("\"request_too_large\"");
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void aCallerThatLeavesWithinTheBodyCreatesNothing() throws Exception {
        upstream.otherwise(request -> Script.json(200, BATCH));
        try (var client = RawClient.connect()) {
            client.request("POST", PATH, "", "Content-Type: application/json", "Content-Length: 1000000");
            client.write(new byte[200_000]);
        }

        // A later request, so that the first one had time to arrive.
        assertThat(Api.send(creating(BodyPublishers.ofString(ENVELOPE))).statusCode())
                .isEqualTo(200);
        assertThat(upstream.requests()).hasSize(1);
    }

    // Responses.

    @Test
    void onlyTheResultsUrlIsChanged() throws Exception {
        var ended = BATCH.replace(
                "\"results_url\":null",
                "\"results_url\": \"https://api.anthropic.com/v1/messages/batches/msgbatch_1/results\"");
        var list = "{\"data\":[" + ended + "," + ended.replace("msgbatch_1", "msgbatch_2")
                + ",{\"note\":\"\\\"results_url\\\":\\\"https://x/v1/messages/batches/y\\\"\"}]}";
        upstream.answer(
                Script.json(200, ended, "anthropic-ratelimit-requests-limit: 50"),
                Script.json(200, ended),
                Script.json(200, ended),
                Script.json(200, list));

        var created = Api.send(creating(BodyPublishers.ofString(ENVELOPE)));

        var ours = ended.replace("https://api.anthropic.com", Api.SERVER.toString());
        assertThat(created.body()).isEqualTo(ours);
        assertThat(created.headers().firstValue("request-id")).contains("req_scripted");
        assertThat(created.headers().firstValue("anthropic-ratelimit-requests-limit"))
                .contains("50");
        assertThat(Api.get(PATH + "/msgbatch_1").body()).isEqualTo(ours);
        assertThat(Api.send(Api.request(PATH + "/msgbatch_1/cancel").POST(BodyPublishers.noBody()))
                        .body())
                .isEqualTo(ours);
        assertThat(Api.get(PATH).body()).isEqualTo(list.replace("https://api.anthropic.com", Api.SERVER.toString()));
    }

    @Test
    void anErrorIsReturnedUnchanged() throws Exception {
        upstream.answer(
                Script.error(413, "request_too_large", "Too large"),
                Script.error(404, "not_found_error", "No such batch"));

        var refused = Api.send(creating(BodyPublishers.ofString(ENVELOPE)));

        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(refused.body()).isEqualTo(Script.errorBody("request_too_large", "Too large"));
        var missing = Api.get(PATH + "/msgbatch_1/results");
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(missing.body()).isEqualTo(Script.errorBody("not_found_error", "No such batch"));
        assertThat(missing.headers().firstValue("content-type").orElse("")).startsWith("application/json");
    }

    @Test
    void resultsAreStreamedAsTheyAreSent() throws Exception {
        var bytes = new byte[3_000_000];
        new Random(2).nextBytes(bytes);
        upstream.answer(
                Script.chunked(200, LINES).write(bytes),
                Script.sized(bytes.length, 200, LINES).write(bytes));

        for (int i = 0; i < 2; i++) {
            var response = Api.open(Api.request(PATH + "/msgbatch_1/results"));
            assertThat(response.headers().firstValue("content-type")).contains("application/x-jsonl");
            assertThat(response.body().readAllBytes()).isEqualTo(bytes);
        }
    }

    /** Over a socket: Java's own client retries if a connection breaks before the response begins. */
    @Test
    void anInterruptedDownloadNeverEndsCleanly() throws Exception {
        var lines = "{\"custom_id\":\"a\"}\n".repeat(10_000);
        for (var head : List.of(Script.chunked(200, LINES), Script.sized(10_000_000, 200, LINES))) {
            for (var script : List.of(
                    head.cut(),
                    head.write("{}\n").cut(),
                    head.write(lines).cut(),
                    head.write(lines).reset(),
                    head.write("{}\n").stall(),
                    head.write(lines).stall())) {
                upstream.answer(script);
                try (var client = RawClient.connect().request("GET", PATH + "/msgbatch_1/results", "")) {
                    assertThat(client.readToEnd())
                            .satisfiesAnyOf(
                                    nothing -> assertThat(nothing).isEmpty(),
                                    begun -> assertThat(begun)
                                            .startsWith("HTTP/1.1 200")
                                            .contains("ransfer-")
                                            .doesNotEndWith("\r\n0\r\n\r\n"));
                }
            }
        }
    }

    @Test
    void aClientThatLeavesADownloadEndsIt() throws Exception {
        upstream.answer(Script.chunked(200, LINES).drip("{\"custom_id\":\"a\"}\n".repeat(5_000), Duration.ofMillis(5)));

        try (var in = Api.open(Api.request(PATH + "/msgbatch_1/results")).body()) {
            in.readNBytes(100);
        }

        assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                .isNotNull();
    }

    @Test
    void aHeadOfADownloadHoldsNoConnection() throws Exception {
        upstream.otherwise(request -> Script.chunked(200, LINES).drip("{}\n".repeat(5_000), Duration.ofMillis(5)));

        var head = Api.send(Api.request(PATH + "/msgbatch_1/results").method("HEAD", BodyPublishers.noBody()));

        assertThat(head.body()).isEmpty();
        for (var request : upstream.requests()) {
            assertThat(request.clientGone().get(10, TimeUnit.SECONDS)).isNotNull();
        }
    }

    // Retries.

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 503, 504})
    void aCreationThatMayHaveSucceededIsSentOnce(int status) throws Exception {
        upstream.otherwise(
                request -> Script.error(status, "api_error", "Oops", "retry-after-ms: 1", "x-should-retry: true"));

        assertThat(Api.send(creating(BodyPublishers.ofString(ENVELOPE))).statusCode())
                .isEqualTo(status);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aCreationWithoutAnAnswerIsSentOnce() throws Exception {
        for (var script : List.of(
                Script.nothing().reset(),
                Script.nothing().cut(),
                Script.sized(100, 200, "content-type: application/json")
                        .write("{")
                        .cut())) {
            upstream.forget();
            upstream.otherwise(request -> script);

            Api.assertError(Api.send(creating(BodyPublishers.ofString(ENVELOPE))), 500, "api_error");
            assertThat(upstream.requests()).hasSize(1);
        }
        upstream.forget();
        upstream.otherwise(request -> Script.nothing().stall());
        Api.assertError(Api.send(creating(BodyPublishers.ofString(ENVELOPE))), 504, "timeout_error");
        assertThat(upstream.requests()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {409, 429, 529})
    void aCreationThatClaudeDidNotAcceptIsRetried(int status) throws Exception {
        var later = Script.error(status, "x", "Later", "retry-after-ms: 1");
        upstream.answer(later, later, Script.json(200, BATCH));
        // A body that is stored in a file.
        var body = ENVELOPE.replace(Api.PROMPT, Api.PROMPT + "ü".repeat(100_000));

        assertThat(Api.send(creating(BodyPublishers.ofString(body))).body()).isEqualTo(BATCH);
        assertThat(upstream.requests()).extracting(ReceivedRequest::text).containsExactly(body, body, body);
    }

    @Test
    void readingRequestsAreRetried() throws Exception {
        upstream.answer(
                Script.error(500, "api_error", "x", "retry-after-ms: 1"),
                Script.nothing().reset(),
                Script.json(200, BATCH),
                Script.error(529, "overloaded_error", "x", "retry-after-ms: 1"),
                Script.chunked(200, LINES).write("{}\n"));

        assertThat(Api.get(PATH + "/msgbatch_1").body()).isEqualTo(BATCH);
        assertThat(Api.get(PATH + "/msgbatch_1/results").body()).isEqualTo("{}\n");
        assertThat(upstream.requests()).hasSize(5);
    }

    // Managed batches, for which this server has no key.

    @Test
    void aManagedBatchNeedsTheServersKey() throws Exception {
        for (var type : List.of("application/json", "application/x-ndjson", "text/csv")) {
            var response = Api.send(
                    Api.request("/v1/batches", "content-type", type, "x-api-key", ServerLog.KEY_MARK + "caller")
                            .POST(BodyPublishers.ofString(ENVELOPE)));
            assertThat(Api.assertError(response, 400, "invalid_request_error").getString("message"))
                    .contains("claude.api-key");
        }
        assertThat(upstream.requests()).isEmpty();
    }

    private static HttpRequest.Builder creating(HttpRequest.BodyPublisher body) {
        return Api.request(PATH).header("content-type", "application/json").POST(body);
    }
}
