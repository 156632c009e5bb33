package io.github.claudejakarta.it.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Coded;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
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

/**
 * Whatever the upstream does, every client gets one correct end: an event, or an HTTP status before the first event.
 */
@ExtendWith(ArquillianExtension.class)
class UpstreamFaultsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("waits for a person");

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.read-timeout=PT2S",
                "claude.request-timeout=PT2S",
                FaultTolerance.NO_RETRIES,
                FaultTolerance.NO_BREAKER,
                "claude.batch.poll-interval=PT0.05S",
                "claude.batch.max-poll-interval=PT0.1S",
                "claude.batch.max-part-requests=1");
    }

    @BeforeAll
    static void startUpstream() throws Exception {
        upstream = ScriptedUpstream.startForServer();
        Api.warmUp(upstream);
    }

    @AfterAll
    static void closeUpstream() {
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    @Test
    void aResetIsAnError() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).reset());

        assertEndsWith("api_error", barrier);
    }

    @Test
    void aConnectionThatClosesIsAnError() throws Exception {
        upstream.answer(Wire.begun().cut());

        assertEndsWith("api_error");
    }

    @Test
    void aConnectionThatClosesWithinAnEventIsAnError() throws Exception {
        upstream.answer(Wire.begun()
                .write("event: message_stop\ndata: {\"type\":\"mess")
                .cut());

        assertEndsWith("api_error");
    }

    @Test
    void aBrokenChunkIsAnError() throws Exception {
        upstream.answer(Wire.begun().raw("zz\r\n").stall());

        assertEndsWith("api_error");
    }

    @Test
    void anOrderlyEndWithoutMessageStopIsAnError() throws Exception {
        upstream.answer(Wire.begun());

        assertEndsWith("api_error");
    }

    @Test
    void anEndAfterMessageDeltaIsStillAnError() throws Exception {
        upstream.answer(Wire.begun().write(Wire.STOP.substring(0, Wire.STOP.indexOf("event: message_stop"))));

        var events = SseEvent.parse(Api.message().body());

        assertThat(events.get(events.size() - 1).name()).isEqualTo("error");
        assertThat(events).extracting(SseEvent::name).doesNotContain("message_stop");
    }

    @Test
    void aStallIsATimeout() throws Exception {
        upstream.answer(Wire.begun().stall());

        assertEndsWith("timeout_error");

        assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                .isNotNull();
    }

    @Test
    void pingsPreventAStall() throws Exception {
        upstream.answer(Wire.begun().drip(Wire.PING, Duration.ofMillis(100)));
        var id = Api.startStream();

        Api.await("pings for longer than the read timeout", () -> Api.stream(id).getInt("events") > 20);

        assertThat(Api.stream(id).getString("status")).isEqualTo("running");
        Api.delete("/v1/streams/" + id);
    }

    @Test
    void anErrorWithinAStreamIsForwardedUnchanged() throws Exception {
        var error = Script.errorBody("overloaded_error", "Overloaded");
        upstream.answer(Wire.begun().event("error", error).write(Wire.STOP));

        var response = Api.message();

        assertThat(response.body()).isEqualTo(Wire.START + Wire.text("Hel") + Wire.frame("error", error));
    }

    @Test
    void aLineOfGarbageIsForwarded() throws Exception {
        upstream.answer(Wire.begun()
                .write("event: content_block_delta\ndata: {\"type\":\"content_bl\n\n")
                .write(Wire.STOP));

        var response = Api.message();

        assertThat(response.body()).contains("data: {\"type\":\"content_bl\n\n").endsWith(Wire.STOP);
        var stream = Api.stream(Api.streamId(response));
        assertThat(stream.getString("status")).isEqualTo("completed");
    }

    @Test
    void linesThatAreNotFieldsAreNotEvents() throws Exception {
        upstream.answer(Wire.begun().write("<html>\u0000nonsense\n\n").write(Wire.STOP));

        assertThat(Api.message().body()).isEqualTo(Wire.START + Wire.text("Hel") + Wire.STOP);
    }

    @Test
    void onlyGarbageIsAnHttpError() throws Exception {
        upstream.answer(Script.sseHead().write("complete nonsense\n\nmore\n\n"));

        Api.assertError(Api.message(), 500, "api_error");
    }

    @Test
    void htmlWithStatus200IsAnHttpError() throws Exception {
        upstream.answer(
                Script.chunked(200, "content-type: text/html").write("<html>Welcome to the captive portal</html>"));

        var error = Api.assertError(Api.message(), 500, "api_error");

        assertThat(error.toString()).doesNotContain("captive");
    }

    @Test
    void htmlWithAnErrorStatusGetsAnthropicsFormat() throws Exception {
        upstream.answer(
                Script.sized(26, 413, "content-type: text/html").write("<html>Entity Too Big</html".substring(0, 26)));

        Api.assertError(Api.message(), 413, "request_too_large");
    }

    @Test
    void anErrorThatIsTheFirstEventIsAnHttpStatus() throws Exception {
        upstream.answer(
                Script.sseHead().write(Wire.PING).event("error", Script.errorBody("rate_limit_error", "Slow down")));

        var response = Api.message();

        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(Api.json(response.body())).isEqualTo(Api.json(Script.errorBody("rate_limit_error", "Slow down")));
    }

    @Test
    void anErrorWithStatus200IsAnHttpStatus() throws Exception {
        String envelope = Script.errorBody("rate_limit_error", "Slow down");
        for (var request : List.of(
                Api.posting("/v1/messages", Api.body(true)),
                Api.posting("/v1/messages", Api.body(false)),
                Api.posting("/v1/messages/count_tokens", Api.body(false)),
                Api.request("/v1/models"),
                Api.request("/v1/messages/batches"),
                Api.posting("/v1/messages/batches", "{\"requests\":[]}"),
                Api.request("/v1/messages/batches/msgbatch_1/results"))) {
            for (String type : List.of("application/json", "text/event-stream", "text/html")) {
                upstream.answer(
                        Script.chunked(200, "content-type: " + type, "retry-after: 17", "request-id: req_scripted")
                                .write(envelope));

                var response = Api.send(request);

                assertThat(response.statusCode()).isEqualTo(429);
                assertThat(response.body()).isEqualTo(envelope);
                assertThat(response.headers().firstValue("content-type").orElse(""))
                        .startsWith("application/json");
                assertThat(response.headers().allValues("retry-after")).containsExactly("17");
                assertThat(response.headers().allValues("request-id")).containsExactly("req_scripted");
            }
        }
        upstream.answer(Script.json(200, envelope));
        var stream = Api.endedStream(Api.startStream());
        assertThat(stream.getString("status")).isEqualTo("failed");
        assertThat(stream.getJsonObject("error").getString("type")).isEqualTo("rate_limit_error");
    }

    @Test
    void aMessageInsteadOfEventsIsAnErrorThatIsNotRetried() throws Exception {
        for (String type : List.of("content-type: application/json", "content-type: text/event-stream", "x: y")) {
            upstream.answer(Script.chunked(200, type).write(Wire.MESSAGE));

            var response = Api.message();

            assertThat(Api.assertError(response, 500, "api_error").getString("message"))
                    .startsWith("Claude answered a streaming request with ")
                    .doesNotContain("null");
            assertThat(response.headers().firstValue("x-should-retry")).contains("false");
        }
    }

    @Test
    void compressedAnswersAreDecoded() throws Exception {
        for (String coding : List.of("gzip", "deflate")) {
            String header = "content-encoding: " + coding;
            String kind = coding.equals("gzip") ? "gzip" : "zlib";
            byte[] message = Coded.of(kind, Wire.MESSAGE.getBytes(UTF_8));
            byte[] error = Coded.of(
                    kind, Script.errorBody("overloaded_error", "Overloaded").getBytes(UTF_8));
            String lines = "{\"custom_id\":\"a\"}\n".repeat(10_000);
            upstream.answer(
                    Script.sized(message.length, 200, header, "content-type: application/json")
                            .write(message),
                    Script.sseHead(header).write(Coded.of(kind, Wire.hello().getBytes(UTF_8))),
                    Script.sized(error.length, 529, header).write(error),
                    Script.chunked(200, header, "content-type: application/x-jsonl")
                            .write(Coded.of(kind, lines.getBytes(UTF_8))));

            var whole = Api.post("/v1/messages", Api.body(false));
            assertThat(whole.body()).isEqualTo(Wire.MESSAGE);
            assertThat(whole.headers().firstValue("content-encoding")).isEmpty();
            assertThat(Api.message().body()).isEqualTo(Wire.hello());
            Api.assertError(Api.message(), 529, "overloaded_error");
            assertThat(Api.get("/v1/messages/batches/msgbatch_1/results").body())
                    .isEqualTo(lines);
        }
    }

    @Test
    void compressedEventsReachClientsWithoutDelay() throws Exception {
        var coder = new Coded("gzip");
        var barrier = new Barrier();
        upstream.answer(Script.sseHead("content-encoding: gzip")
                .write(coder.flushed((Wire.START + Wire.text("Hel")).getBytes(UTF_8)))
                .pause(barrier)
                .write(coder.flushed((Wire.text("lo") + Wire.STOP).getBytes(UTF_8)))
                .write(coder.finished()));

        try (InputStream in =
                Api.open(Api.posting("/v1/messages", Api.body(true))).body()) {
            String first = Wire.START + Wire.text("Hel");
            assertThat(new String(in.readNBytes(first.length()), UTF_8)).isEqualTo(first);
            barrier.release();
            assertThat(new String(in.readAllBytes(), UTF_8)).isEqualTo(Wire.text("lo") + Wire.STOP);
        }
    }

    @Test
    void aResponseThatCannotBeDecodedIsAnError() throws Exception {
        byte[] whole = Coded.gzip((Wire.START + Wire.text("Hel")).getBytes(UTF_8));
        byte[] cut = Arrays.copyOf(whole, whole.length - 8);
        for (var request : List.of(
                Api.posting("/v1/messages", Api.body(true)),
                Api.posting("/v1/messages", Api.body(false)),
                Api.request("/v1/messages/batches/msgbatch_1/results"))) {
            upstream.answer(
                    Script.chunked(200, "content-encoding: br", "content-type: application/x-jsonl")
                            .write("x"),
                    Script.chunked(200, "content-encoding: gzip", "content-type: application/x-jsonl")
                            .write("x"));

            assertThat(Api.assertError(Api.send(request), 500, "api_error").getString("message"))
                    .contains("content coding br");
            assertThat(Api.assertError(Api.send(request), 500, "api_error").getString("message"))
                    .contains("gzip data is corrupt");
        }
        upstream.answer(Script.sseHead("content-encoding: gzip").write(cut));
        var events = SseEvent.parse(Api.message().body());
        assertThat(events.get(events.size() - 1).name()).isEqualTo("error");
        assertThat(events.get(events.size() - 1).data()).contains("api_error", "The connection to Claude broke off");
    }

    /** Compressed, and without a line end at the end. */
    @Test
    void resultsOfAManagedBatchAreReadInEachEncoding() throws Exception {
        String result = "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":" + Wire.MESSAGE + "}}";
        byte[] coded = Coded.gzip(result.getBytes(UTF_8));
        upstream.otherwise(request -> request.target().endsWith("/results")
                ? Script.sized(coded.length, 200, "content-type: application/x-jsonl", "content-encoding: gzip")
                        .write(coded)
                : Script.json(200, messageBatch("msgbatch_1")));

        String id = Api.json(ManagedBatches.submit("application/x-ndjson", ManagedBatches.item("a", "hi"))
                        .body())
                .getString("id");

        assertThat(ManagedBatches.counts(ManagedBatches.ended(id))).containsExactly(0, 1, 0, 0, 0);
        assertThat(ManagedBatches.results(id)).containsOnlyKeys("a");
        ManagedBatches.deleteAll();
    }

    @Test
    void aMessageBatchThatClaudeReturnsTwiceMakesThePartUnresolved() throws Exception {
        upstream.otherwise(
                request -> Script.json(200, messageBatch("msgbatch_2").replace("ended", "in_progress")));

        String id = Api.json(ManagedBatches.submit(
                                "application/x-ndjson",
                                ManagedBatches.item("a", "hi") + "\n" + ManagedBatches.item("b", "hi"))
                        .body())
                .getString("id");

        Api.await(
                "the question",
                () -> ManagedBatches.parts(id, "unresolved") == 1 && ManagedBatches.parts(id, "running") == 1);
        assertThat(ManagedBatches.get(id).getJsonArray("parts").toString())
                .contains("msgbatch_2, which already belongs to part ", "/resolve")
                .doesNotContain("not available");
        assertThat(upstream.requests())
                .filteredOn(request ->
                        request.method().equals("POST") && request.path().endsWith("/batches"))
                .hasSize(2);
        // All parts end, so that the batch can be deleted.
        String running = runningOf(id);
        upstream.otherwise(request -> request.target().endsWith("/results")
                ? Script.chunked(200, "content-type: application/x-jsonl")
                        .write("{\"custom_id\":\"" + running + "\",\"result\":{\"type\":\"canceled\"}}\n")
                : Script.json(200, messageBatch("msgbatch_2")));
        ManagedBatches.post(id, "/cancel");
        int unresolved = running.equals("a") ? 2 : 1;
        Api.post("/v1/batches/" + id + "/parts/" + unresolved + "/resolve", "{\"message_batch_id\":null}");
        ManagedBatches.ended(id);
        ManagedBatches.deleteAll();
    }

    /** The request of the running part. */
    private static String runningOf(String id) throws Exception {
        return ManagedBatches.get(id)
                        .getJsonArray("parts")
                        .getJsonObject(0)
                        .getString("state")
                        .equals("unresolved")
                ? "b"
                : "a";
    }

    private static String messageBatch(String id) {
        return "{\"id\":\"" + id
                + "\",\"type\":\"message_batch\",\"processing_status\":\"ended\",\"request_counts\":{\"processing\":0,\"succeeded\":1,"
                + "\"errored\":0,\"canceled\":0,\"expired\":0},\"created_at\":\"2026-10-01T00:00:00Z\",\"ended_at\":\"2026-10-01T00:00:00Z\"}";
    }

    @Test
    void aRedirectIsAnErrorThatNamesTheConfiguration() throws Exception {
        for (var request : List.of(
                Api.posting("/v1/messages", Api.body(true)),
                Api.posting("/v1/messages", Api.body(false)),
                Api.request("/v1/models"),
                Api.request("/v1/messages/batches/msgbatch_1/results"))) {
            upstream.answer(
                    Script.json(307, "{}", "location: https://user:secret@elsewhere.example/login?token=secret"),
                    Script.sized(0, 304));

            var response = Api.send(request);

            assertThat(Api.assertError(response, 500, "api_error").getString("message"))
                    .contains("claude.base-url", "307", "https://elsewhere.example.")
                    .doesNotContain("secret", "login");
            assertThat(response.headers().firstValue("location")).isEmpty();
            assertThat(Api.assertError(Api.send(request), 500, "api_error").getString("message"))
                    .contains("claude.base-url", "304");
        }
    }

    @Test
    void eventsAreReadWithAnyContentType() throws Exception {
        for (var headers : List.of(
                new String[0],
                new String[] {"content-type: text/event-stream", "content-type: text/event-stream"},
                new String[] {"content-type: text/event-stream, text/event-stream"},
                new String[] {"content-type: nonsense"},
                new String[] {"content-type: text/plain"})) {
            upstream.answer(Script.chunked(200, headers).write(Wire.hello()));

            var response = Api.message();

            assertThat(response.body()).isEqualTo(Wire.hello());
            assertThat(response.headers().firstValue("content-type").orElse(""))
                    .startsWith("text/event-stream")
                    .doesNotContain(",");
        }
        upstream.answer(Script.chunked(200).write("something else"));
        assertThat(Api.assertError(Api.message(), 500, "api_error").getString("message"))
                .isEqualTo("Claude answered a streaming request with no Content-Type and no events");
    }

    @Test
    void answersWithoutStreamingHaveOneContentType() throws Exception {
        for (var headers : List.of(
                new String[0],
                new String[] {"content-type: application/json", "content-type: application/json"},
                new String[] {"content-type: application/json, application/json"},
                new String[] {"content-type: nonsense"})) {
            upstream.answer(
                    Script.chunked(200, headers).write(Wire.MESSAGE),
                    Script.chunked(200, headers).write("{\"custom_id\":\"a\"}\n"));

            var response = Api.post("/v1/messages", Api.body(false));
            var results = Api.get("/v1/messages/batches/msgbatch_1/results");

            assertThat(response.body()).isEqualTo(Wire.MESSAGE);
            assertThat(response.headers().allValues("content-type"))
                    .hasSize(1)
                    .first()
                    .asString()
                    .matches("application/json(;.*)?");
            assertThat(results.body()).isEqualTo("{\"custom_id\":\"a\"}\n");
            assertThat(results.headers().allValues("content-type"))
                    .hasSize(1)
                    .first()
                    .asString()
                    .matches("application/(json|x-jsonl)(;.*)?");
        }
    }

    @Test
    void anEndBeforeTheFirstEventIsAnHttpStatus() throws Exception {
        upstream.answer(
                Script.sseHead(),
                Script.sseHead().cut(),
                Script.sseHead().stall(),
                Script.nothing().stall());

        Api.assertError(Api.message(), 500, "api_error");
        Api.assertError(Api.message(), 500, "api_error");
        Api.assertError(Api.message(), 504, "timeout_error");
        Api.assertError(Api.message(), 504, "timeout_error");
    }

    @Test
    void anInterruptedAnswerWithoutStreamingIsAnHttpStatus() throws Exception {
        upstream.answer(
                Script.nothing().stall(),
                Script.sized(100, 200, "content-type: application/json")
                        .write("{")
                        .cut(),
                Script.nothing().write("garbage\r\n\r\n").cut());

        Api.assertError(Api.post("/v1/messages", Api.body(false)), 504, "timeout_error");
        Api.assertError(Api.post("/v1/messages", Api.body(false)), 500, "api_error");
        Api.assertError(Api.post("/v1/messages", Api.body(false)), 500, "api_error");
    }

    @Test
    void anUpstreamErrorKeepsStatusBodyAndHeaders() throws Exception {
        for (var isStreamed : new boolean[] {true, false}) {
            upstream.answer(Script.error(
                    429,
                    "rate_limit_error",
                    "Later",
                    "retry-after: 17",
                    "anthropic-ratelimit-requests-limit: 50",
                    "anthropic-organization-id: org_1"));

            var response = Api.post("/v1/messages", Api.body(isStreamed));

            assertThat(response.statusCode()).isEqualTo(429);
            assertThat(response.body()).isEqualTo(Script.errorBody("rate_limit_error", "Later"));
            assertThat(response.headers().allValues("request-id")).containsExactly("req_scripted");
            assertThat(response.headers().allValues("retry-after")).containsExactly("17");
            assertThat(response.headers().firstValue("anthropic-ratelimit-requests-limit"))
                    .contains("50");
        }
    }

    @Test
    void aLineOf8MbPasses() throws Exception {
        var big = "x".repeat(8 << 20);
        upstream.answer(Wire.begun().write(Wire.text(big)).write(Wire.STOP));

        assertThat(Api.message().body()).isEqualTo(Wire.START + Wire.text("Hel") + Wire.text(big) + Wire.STOP);
    }

    @Test
    void carriageReturnsAndSplitCharactersPass() throws Exception {
        var text = Wire.START + Wire.text("Grüße 東京 🎉 \u2028") + Wire.STOP;
        upstream.answer(
                Script.sseHead().writeByteByByte(text.replace("\n", "\r\n").getBytes(UTF_8)),
                Script.sseHead().writeByteByByte(text.getBytes(UTF_8)));

        assertThat(Api.message().body()).isEqualTo(text);
        var response = Api.message();
        assertThat(response.body()).isEqualTo(text);
        assertThat(Api.get("/v1/streams/" + Api.streamId(response), "accept", "text/plain")
                        .body())
                .isEqualTo("Grüße 東京 🎉 \u2028");
    }

    @Test
    void unknownEventsAreForwardedAndDoNotEndTheStream() throws Exception {
        var future = Wire.frame("future_event", "{\"type\":\"future_event\",\"n\":1.0}")
                + "data: {\"type\":\"nameless\"}\n\n";
        upstream.answer(Wire.begun().write(future).write(Wire.STOP));

        assertThat(Api.message().body()).isEqualTo(Wire.START + Wire.text("Hel") + future + Wire.STOP);
    }

    @Test
    void dataAfterTheEndIsNotForwarded() throws Exception {
        upstream.answer(Wire.begun().write(Wire.STOP).write(Wire.text("late")), Wire.helloScript());

        assertThat(Api.message().body()).isEqualTo(Wire.START + Wire.text("Hel") + Wire.STOP);
        assertThat(Api.message().body()).isEqualTo(Wire.hello());
    }

    @Test
    void anUpstreamThatStaysConnectedAfterTheEndDelaysNoClient() throws Exception {
        upstream.answer(Wire.begun().write(Wire.STOP).stall());

        assertThat(Api.message().body()).isEqualTo(Wire.START + Wire.text("Hel") + Wire.STOP);
        assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                .isNotNull();
    }

    @Test
    void anUnreachableUpstreamIsAnHttpStatus() throws Exception {
        closeUpstream();
        try {
            Api.assertError(Api.message(), 500, "api_error");
            Api.assertError(Api.post("/v1/messages", Api.body(false)), 500, "api_error");
        } finally {
            startUpstream();
        }
    }

    /** Asserts the last event of the client of the message, of a watcher, and of a late watcher. */
    private static void assertEndsWith(String type, Barrier... barriers) throws Exception {
        HttpResponse<InputStream> response = Api.open(Api.posting("/v1/messages", Api.body(true)));
        var id = Api.streamId(response);
        var watcher = Api.sendAsync(Api.watching(id));
        for (var barrier : barriers) {
            Api.await("the watcher", () -> Api.stream(id).getInt("subscribers") == 2);
            barrier.release();
        }
        String body;
        try (var in = response.body()) {
            body = new String(in.readAllBytes(), UTF_8);
        }
        assertThat(body).startsWith(Wire.START + Wire.text("Hel"));
        for (var events :
                List.of(SseEvent.parse(body), SseEvent.parse(watcher.get().body()), Api.events(id))) {
            assertThat(events).hasSize(4);
            assertThat(events.get(3).name()).isEqualTo("error");
            var error = Api.json(events.get(3).data());
            assertThat(error.getString("type")).isEqualTo("error");
            assertThat(error.getJsonObject("error").getString("type")).isEqualTo(type);
            assertThat(error.getJsonObject("error").getString("message"))
                    .isNotBlank()
                    .doesNotContain("Exception", "java.");
        }
        var stream = Api.stream(id);
        assertThat(stream.getString("status")).isEqualTo("failed");
        assertThat(stream.getJsonObject("error").getString("type")).isEqualTo(type);
    }
}
