package io.github.claudejakarta.it.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.SocketReader;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Spans and metrics, as an OTLP receiver and a Zipkin server receive them. */
@OwnServers
class TelemetryIT {

    private static final String KEY = ServerLog.KEY_MARK + "telemetry-client";
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ScriptedUpstream UPSTREAM = ScriptedUpstream.start();
    private static final OtlpReceiver COLLECTOR = new OtlpReceiver();
    private static final Zipkin ZIPKIN = zipkin();

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-telemetry")
            .with("OTEL_SDK_DISABLED", "false")
            .with("OTEL_TRACES_EXPORTER", "otlp,zipkin")
            .with("OTEL_METRICS_EXPORTER", "otlp")
            .with("OTEL_LOGS_EXPORTER", "otlp")
            .with("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .with("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR.url())
            .with("OTEL_EXPORTER_ZIPKIN_ENDPOINT", ZIPKIN.spansUrl())
            .with("OTEL_BSP_SCHEDULE_DELAY", "100")
            .with("OTEL_METRIC_EXPORT_INTERVAL", "300")
            .with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "telemetry-servers")
            .with("CLAUDE_CLIENTS_TELLER_KEY_SHA256", ClientKey.sha256(KEY))
            .with("CLAUDE_BASE_URL", UPSTREAM.url().toString());

    private String trace;

    private static Zipkin zipkin() {
        try {
            return new Zipkin();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
        ZIPKIN.awaitReady();
    }

    @AfterAll
    static void close() throws Exception {
        assertThat(COLLECTOR.received())
                .as("all reported telemetry")
                .contains("gen_ai.client.token.usage")
                .doesNotContain(ServerLog.KEY_MARK)
                .doesNotContain(Api.PROMPT)
                .doesNotContain(ClientKey.sha256(KEY));
        COLLECTOR.close();
        ZIPKIN.close();
        UPSTREAM.close();
    }

    @BeforeEach
    void begin() {
        UPSTREAM.forget();
        var bytes = new byte[16];
        ThreadLocalRandom.current().nextBytes(bytes);
        trace = HexFormat.of().formatHex(bytes);
    }

    @Test
    void aStreamIsASpanOfTheRequest() throws Exception {
        UPSTREAM.answer(Wire.helloScript());

        assertThat(post("/v1/messages?beta=true", Api.body(true)).body()).contains("message_stop");

        Span span = span("chat claude-opus-5-5");
        assertThat(span.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
        Map<String, String> attributes = OtlpReceiver.attributes(span.getAttributesList());
        assertThat(attributes)
                .containsEntry("gen_ai.provider.name", "anthropic")
                .containsEntry("gen_ai.operation.name", "chat")
                .containsEntry("gen_ai.request.model", "claude-opus-5-5")
                .containsEntry("gen_ai.response.model", "claude-opus-5-5")
                .containsEntry("gen_ai.response.id", "msg_it")
                .containsEntry("gen_ai.response.finish_reasons", "[end_turn]")
                .containsEntry("gen_ai.usage.input_tokens", "3")
                .containsEntry("gen_ai.usage.output_tokens", "5")
                .containsEntry("server.address", "127.0.0.1")
                .containsEntry("server.port", Integer.toString(UPSTREAM.url().getPort()))
                .containsEntry("http.response.status_code", "200")
                .containsEntry("claude.request_id", "req_scripted")
                .containsEntry("claude.caller", "teller")
                .doesNotContainKey("error.type");
        assertThat(Double.parseDouble(attributes.get("gen_ai.response.time_to_first_chunk")))
                .isPositive();
        Span inbound = spanOf(span.getParentSpanId().toByteArray());
        assertThat(inbound.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
        assertThat(HexFormat.of().formatHex(inbound.getParentSpanId().toByteArray()))
                .isEqualTo("00f067aa0ba902b7");
    }

    @Test
    void anIndependentCollectorShowsTheTrace() throws Exception {
        UPSTREAM.answer(Wire.helloScript());

        post("/v1/messages", Api.body(true));

        Api.await("both spans in Zipkin", () -> ZIPKIN.trace(trace).size() == 2);
        List<JsonObject> spans =
                ZIPKIN.trace(trace).stream().map(JsonValue::asJsonObject).toList();
        JsonObject chat = spans.stream()
                .filter(span -> span.getString("kind").equals("CLIENT"))
                .findFirst()
                .orElseThrow();
        JsonObject inbound = spans.stream()
                .filter(span -> span.getString("kind").equals("SERVER"))
                .findFirst()
                .orElseThrow();
        assertThat(chat.getString("name")).isEqualTo("chat claude-opus-5-5");
        assertThat(chat.getString("parentId")).isEqualTo(inbound.getString("id"));
        assertThat(chat.getJsonObject("tags").getString("gen_ai.usage.output_tokens"))
                .isEqualTo("5");
    }

    @Test
    void aStreamWithoutClientsIsASpanOfTheRequestThatStartedIt() throws Exception {
        UPSTREAM.answer(Wire.helloScript());

        assertThat(post("/v1/streams", Api.body(true)).statusCode()).isEqualTo(201);

        assertThat(spanOf(span("chat claude-opus-5-5").getParentSpanId().toByteArray())
                        .getKind())
                .isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
    }

    @Test
    void aContinuationHasItsOwnSpan() throws Exception {
        UPSTREAM.answer(
                Wire.begun().event("error", Script.errorBody("overloaded_error", "Overloaded")),
                Script.sseHead().write(Wire.START + Wire.text("lo") + Wire.STOP));
        long before = count("claude.client.recoveries");

        HttpRequest message = request("/v1/messages")
                .header("content-type", "application/json")
                .header("stream-recovery", "continue")
                .POST(BodyPublishers.ofString(Api.body(true)))
                .build();
        assertThat(HTTP.send(message, BodyHandlers.ofString()).body()).contains("message_stop");

        Api.await(
                "both spans",
                () -> COLLECTOR.spans().stream()
                                .filter(span -> isOurs(span) && span.getName().startsWith("chat"))
                                .count()
                        == 2);
        var both = COLLECTOR.spans().stream()
                .filter(span -> isOurs(span) && span.getName().startsWith("chat"))
                .map(span -> OtlpReceiver.attributes(span.getAttributesList()))
                .toList();
        assertThat(both)
                .filteredOn(span -> "overloaded_error".equals(span.get("error.type")))
                .singleElement()
                .satisfies(span -> assertThat(span)
                        .doesNotContainKey("claude.recovery.reason")
                        .containsEntry("gen_ai.usage.output_tokens", "1"));
        assertThat(both)
                .filteredOn(span -> "overloaded_error".equals(span.get("claude.recovery.reason")))
                .singleElement()
                .satisfies(span -> assertThat(span)
                        .doesNotContainKey("error.type")
                        .containsEntry("gen_ai.usage.output_tokens", "5"));
        Api.await("the recovery", () -> count("claude.client.recoveries") == before + 1);
    }

    @Test
    void aRetryBelongsToTheSameSpan() throws Exception {
        UPSTREAM.answer(Script.error(529, "overloaded_error", "Overloaded", "retry-after-ms: 1"), Wire.messageScript());
        long before = count("claude.client.retries");

        assertThat(post("/v1/messages", Api.body(false)).statusCode()).isEqualTo(200);

        Map<String, String> attributes =
                OtlpReceiver.attributes(span("chat claude-opus-5-5").getAttributesList());
        assertThat(attributes)
                .containsEntry("http.request.resend_count", "1")
                .containsEntry("http.response.status_code", "200")
                .doesNotContainKey("error.type")
                .doesNotContainKey("gen_ai.response.time_to_first_chunk");
        Api.await("the retry", () -> count("claude.client.retries") == before + 1);
    }

    @Test
    void anErrorOfClaudeIsAnErrorOfTheSpan() throws Exception {
        UPSTREAM.answer(Script.error(400, "invalid_request_error", "no"));

        assertThat(post("/v1/messages", Api.body(false)).statusCode()).isEqualTo(400);

        Span span = span("chat claude-opus-5-5");
        assertThat(OtlpReceiver.attributes(span.getAttributesList()))
                .containsEntry("error.type", "invalid_request_error")
                .containsEntry("http.response.status_code", "400")
                .doesNotContainKey("gen_ai.usage.input_tokens");
        assertThat(span.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
    }

    @Test
    void anInterruptedStreamIsAnErrorWithItsUsage() throws Exception {
        UPSTREAM.answer(Wire.begun().cut());

        post("/v1/messages", Api.body(true));

        assertThat(OtlpReceiver.attributes(span("chat claude-opus-5-5").getAttributesList()))
                .containsEntry("error.type", "api_error")
                .containsEntry("gen_ai.usage.input_tokens", "3")
                .containsEntry("gen_ai.usage.output_tokens", "1");
    }

    @Test
    void otherCallsHaveTheirPathWithoutIds() throws Exception {
        UPSTREAM.answer(Script.json(200, "{\"id\":\"claude-opus-5-5\",\"type\":\"model\"}"));

        get("/v1/models/claude-opus-5-5?beta=true");

        Span inbound = span("GET /v1/models/{id}", Span.SpanKind.SPAN_KIND_SERVER);
        Span span = span("GET /v1/models/{id}", Span.SpanKind.SPAN_KIND_CLIENT);
        assertThat(span.getParentSpanId()).isEqualTo(inbound.getSpanId());
        assertThat(OtlpReceiver.attributes(span.getAttributesList()))
                .containsEntry("url.template", "/v1/models/{id}")
                .doesNotContainKey("gen_ai.operation.name");
    }

    @Test
    void theQueryOfARequestIsNotReported() throws Exception {
        // The query may contain a prompt, as for a batch in CSV. It is not reported either if the request is rejected
        // early because of invalid UTF-8.
        post("/v1/batches?system=" + Api.PROMPT + "%ff", "{}");
        post("/v1/batches?system=" + Api.PROMPT, "{}");
        HTTP.send(
                HttpRequest.newBuilder(SERVER.uri().resolve("/v1/batches?system=" + Api.PROMPT))
                        .POST(BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.discarding());

        Span inbound = span("POST /v1/batches", Span.SpanKind.SPAN_KIND_SERVER);
        assertThat(OtlpReceiver.attributes(inbound.getAttributesList()).get("url.query"))
                .isIn(null, "");
    }

    @Test
    void tokensAndTimesAreMeasured() throws Exception {
        UPSTREAM.answer(Wire.helloScript());
        post("/v1/messages", Api.body(true));

        Api.await("the metrics", () -> COLLECTOR.metrics().containsKey("gen_ai.client.operation.time_to_first_chunk"));
        List<HistogramDataPoint> tokens = COLLECTOR
                .metrics()
                .get("gen_ai.client.token.usage")
                .getHistogram()
                .getDataPointsList();
        assertThat(tokens)
                .extracting(point ->
                        OtlpReceiver.attributes(point.getAttributesList()).get("gen_ai.token.type"))
                .contains("input", "output");
        assertThat(tokens.get(0).getExplicitBoundsList())
                .startsWith(1.0, 4.0, 16.0)
                .hasSize(14);
        assertThat(OtlpReceiver.attributes(tokens.get(0).getAttributesList()))
                .containsEntry("gen_ai.provider.name", "anthropic")
                .containsEntry("gen_ai.operation.name", "chat")
                .containsEntry("gen_ai.response.model", "claude-opus-5-5");
        assertThat(COLLECTOR.metrics().get("gen_ai.client.operation.duration").getUnit())
                .isEqualTo("s");
    }

    @Test
    void theServerIsMeasured() throws Exception {
        UPSTREAM.answer(Wire.begun().stall());
        String id = Api.json(post("/v1/streams", Api.body(true)).body()).getString("id");
        var watching = HTTP.sendAsync(
                request("/v1/streams/" + id)
                        .header("accept", "text/event-stream")
                        .build(),
                BodyHandlers.ofString());

        Api.await(
                "a stream and its watcher",
                () -> gauge("claude.streams.active") == 1 && gauge("claude.stream.watchers") == 1);
        long relayed = count("claude.stream.events.relayed");
        HTTP.send(request("/v1/streams/" + id).DELETE().build(), BodyHandlers.discarding());
        watching.get();
        Api.await("neither", () -> gauge("claude.streams.active") == 0 && gauge("claude.stream.watchers") == 0);
        Api.await("its events", () -> count("claude.stream.events.relayed") == relayed + 4);

        assertThat(gauge("claude.client.breaker.open")).isZero();
        Api.await("the database", () -> gauge("claude.database.up") == 1);
        Api.await("queues", () -> COLLECTOR.metrics().containsKey("claude.queue.depth"));
        assertThat(COLLECTOR.metrics().get("claude.queue.depth").getGauge().getDataPointsList())
                .extracting(point ->
                        OtlpReceiver.attributes(point.getAttributesList()).get("claude.queue"))
                .contains("job", "batch", "delivery");
        assertThat(COLLECTOR.metrics().get("claude.callback.attempts").getSum().getDataPointsList())
                .extracting(point ->
                        OtlpReceiver.attributes(point.getAttributesList()).get("claude.callback.outcome"))
                .contains("delivered", "failed", "gone", "dead");
        assertThat(COLLECTOR.metrics()).containsKey("claude.client.connections");
    }

    @Test
    void theAccessLineHasTheTraceOfItsRequest() throws Exception {
        UPSTREAM.answer(Wire.helloScript(), Wire.helloScript());

        String watched = post("/v1/messages", Api.body(true))
                .headers()
                .firstValue("stream-id")
                .orElseThrow();
        String started = Api.json(post("/v1/streams", Api.body(false)).body()).getString("id");
        get("/v1/nothing/here");

        Api.await(
                "lines of requests that end on other threads, and of one that is rejected",
                () -> accessLine("stream_id=" + watched) != null
                        && accessLine("created_id=" + started) != null
                        && accessLine("path=/v1/nothing/here") != null);
        assertThat(List.of(
                        accessLine("stream_id=" + watched),
                        accessLine("created_id=" + started),
                        accessLine("path=/v1/nothing/here")))
                .allSatisfy(line -> assertThat(line).contains(" trace_id=" + trace));
    }

    @Test
    void theAccessLineOfASocketHasTheTraceOfItsRequest() throws Exception {
        UPSTREAM.answer(Wire.helloScript());

        try (SocketReader socket = SocketReader.open(
                SERVER.uri(), "/v1/messages/socket", "x-api-key", KEY, "traceparent", traceparent())) {
            socket.send(Api.body(true)).rest();
        }

        Api.await("the line", () -> accessLine("path=/v1/messages/socket", "status=101", "trace_id=" + trace) != null);
        assertThat(spanOf(span("chat claude-opus-5-5").getParentSpanId().toByteArray())
                        .getKind())
                .isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
    }

    @Test
    void theCallsOfABatchNameItsOwner() throws Exception {
        UPSTREAM.at("/v1/messages/batches", request -> Script.error(400, "invalid_request_error", "no"));

        HttpRequest submission = request("/v1/batches")
                .header("content-type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(BatchCaller.line("one", "hi")))
                .build();
        assertThat(HTTP.send(submission, BodyHandlers.ofString()).statusCode()).isEqualTo(202);

        Predicate<Span> isCreation = span ->
                span.getName().equals("POST /v1/messages/batches") && span.getKind() == Span.SpanKind.SPAN_KIND_CLIENT;
        Api.await("the span", () -> COLLECTOR.spans().stream().anyMatch(isCreation));
        assertThat(COLLECTOR.spans())
                .filteredOn(isCreation)
                .allSatisfy(span -> assertThat(OtlpReceiver.attributes(span.getAttributesList()))
                        .containsEntry("claude.caller", "teller"));
    }

    @Test
    void noResponseHasIdsOfTheTrace() throws Exception {
        UPSTREAM.answer(Wire.helloScript(), Script.error(400, "invalid_request_error", "no"));
        List<HttpResponse<String>> responses = new ArrayList<>();
        responses.add(post("/v1/messages", Api.body(true)));
        responses.add(post("/v1/messages", Api.body(false)));
        responses.add(post("/v1/messages", "{"));
        for (String path : List.of(
                "/v1/nothing",
                "/v1/%2e%2e/%ff",
                "/",
                "/console/main.js",
                "/nothing",
                "/error",
                "/health",
                "/health/ready",
                "/health/live",
                "/openapi",
                "/openapi/ui/",
                "/v1/messages/socket")) {
            responses.add(HTTP.send(request(path).build(), BodyHandlers.ofString()));
        }
        responses.add(HTTP.send(
                HttpRequest.newBuilder(SERVER.uri().resolve("/v1/streams")).build(), BodyHandlers.ofString()));
        responses.add(HTTP.send(
                request("/v1/messages")
                        .method("OPTIONS", BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString()));

        assertThat(responses)
                .extracting(
                        response -> response.request().uri().getPath() + " " + response.statusCode(),
                        response -> response.headers().map().keySet().stream()
                                .filter(name -> name.matches("(?i).*trace.*|.*span.*"))
                                .toList())
                .allSatisfy(row -> assertThat((List<?>) row.toList().get(1))
                        .as(row.toString())
                        .isEmpty());
        assertThat(responses)
                .extracting(response -> response.headers().map().toString())
                .noneMatch(headers -> headers.contains(trace));
        try (RawClient client = RawClient.connect("localhost", SERVER.port())) {
            client.handshake(
                    "/v1/messages/socket",
                    "Host: localhost:" + SERVER.port(),
                    "x-api-key: " + KEY,
                    "traceparent: " + traceparent());
            assertThat(client.readUntil("\r\n\r\n"))
                    .contains(" 101 ")
                    .doesNotContain(trace)
                    .doesNotContainIgnoringCase("openliberty");
        }
    }

    /** The access line that contains all of these parts, or null while it is missing. */
    private static String accessLine(String... parts) throws Exception {
        return SERVER.log()
                .lines()
                .filter(line -> line.contains("method="))
                .filter(line -> Arrays.stream(parts).allMatch(line::contains))
                .findFirst()
                .orElse(null);
    }

    private static long gauge(String name) {
        Metric metric = COLLECTOR.metrics().get(name);
        return metric == null ? -1 : metric.getGauge().getDataPoints(0).getAsInt();
    }

    private static long count(String name) {
        Metric metric = COLLECTOR.metrics().get(name);
        return metric == null ? 0 : metric.getSum().getDataPoints(0).getAsInt();
    }

    /** A span of this test's trace. */
    private Span span(String name) throws Exception {
        return span(name, Span.SpanKind.SPAN_KIND_CLIENT);
    }

    private Span span(String name, Span.SpanKind kind) throws Exception {
        Predicate<Span> wanted = span -> isOurs(span) && span.getName().equals(name) && span.getKind() == kind;
        Api.await(name, () -> COLLECTOR.spans().stream().anyMatch(wanted));
        return COLLECTOR.spans().stream().filter(wanted).findFirst().orElseThrow();
    }

    private Span spanOf(byte[] id) throws Exception {
        Api.await(
                "a span",
                () -> COLLECTOR.spans().stream()
                        .anyMatch(span ->
                                isOurs(span) && Arrays.equals(span.getSpanId().toByteArray(), id)));
        return COLLECTOR.spans().stream()
                .filter(span -> Arrays.equals(span.getSpanId().toByteArray(), id))
                .findFirst()
                .orElseThrow();
    }

    private boolean isOurs(Span span) {
        return HexFormat.of().formatHex(span.getTraceId().toByteArray()).equals(trace);
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return HTTP.send(
                request(path)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private void get(String path) throws Exception {
        HTTP.send(request(path).build(), BodyHandlers.discarding());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(SERVER.uri().resolve(path))
                .timeout(Duration.ofSeconds(30))
                .header("x-api-key", KEY)
                .header("traceparent", traceparent());
    }

    private String traceparent() {
        return "00-" + trace + "-00f067aa0ba902b7-01";
    }
}
