package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The lifecycle of batches, as a client sees it. */
class BatchTest {

    private static final BatchLimits LIMITS =
            new BatchLimits(8 << 20, 20_000, 4, 10 << 20, Duration.ofSeconds(5), Duration.ofMillis(100));

    private final SettableClock clock = new SettableClock();
    private Simulator simulator;
    private BatchClient batches;

    @BeforeEach
    void start() throws Exception {
        simulator = start(LIMITS);
        batches = BatchClient.of(simulator);
    }

    private Simulator start(BatchLimits batchLimits) throws Exception {
        var hour = Duration.ofHours(1);
        return Simulator.start(Thread::new, 0, new Limits(10, 1 << 20, hour, hour, hour, batchLimits), clock);
    }

    @AfterEach
    void close() {
        simulator.close();
    }

    @Test
    void aNewBatchIsProcessingAllRequests() throws Exception {
        var response = batches.post(BatchClient.body("a", "b", "c"));
        var batch = Client.json(response.body());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(batch.getString("id")).matches("msgbatch_01[1-9A-Za-z]{22}");
        assertThat(batch.getString("type")).isEqualTo("message_batch");
        assertThat(batch.getString("processing_status")).isEqualTo("in_progress");
        assertThat(counts(batch)).containsExactly(3, 0, 0, 0, 0);
        assertThat(batch.getString("created_at")).isEqualTo("2026-11-21T09:30:00.123456Z");
        assertThat(batch.getString("expires_at")).isEqualTo("2026-11-22T09:30:00.123456Z");
        for (var name : List.of("ended_at", "archived_at", "cancel_initiated_at", "results_url")) {
            assertThat(batch.get(name)).isEqualTo(JsonValue.NULL);
        }
        assertThat(simulator.batches()).containsExactly(batch.getString("id"));
    }

    /** Returns the counts: processing, succeeded, errored, canceled, expired. */
    private static List<Integer> counts(JsonObject batch) {
        var counts = batch.getJsonObject("request_counts");
        return List.of(
                counts.getInt("processing"),
                counts.getInt("succeeded"),
                counts.getInt("errored"),
                counts.getInt("canceled"),
                counts.getInt("expired"));
    }

    @Test
    void aBatchEndsAfterFiveSecondsAndCountsOnlyThen() throws Exception {
        var id = batches.create("a", "sim:outcome=errored", "sim:outcome=expired", "sim:outcome=canceled", "b");

        clock.advance(Duration.ofMillis(4_999));
        assertThat(counts(batches.batch(id))).containsExactly(5, 0, 0, 0, 0);
        assertThat(batches.results(id).statusCode()).isEqualTo(404);
        assertThat(batches.results(id).body()).contains("not_found_error", "has no available results");

        clock.advance(Duration.ofMillis(1));
        var ended = batches.batch(id);
        assertThat(ended.getString("processing_status")).isEqualTo("ended");
        assertThat(counts(ended)).containsExactly(0, 2, 1, 1, 1);
        assertThat(ended.getString("ended_at")).isEqualTo("2026-11-21T09:30:05.123456Z");
        assertThat(ended.getString("results_url"))
                .isEqualTo(simulator.baseUri() + "/v1/messages/batches/" + id + "/results");
    }

    @Test
    void resultsAreLinesInAnotherOrder() throws Exception {
        var id = batches.create(IntStream.range(0, 200)
                .mapToObj(index -> "sim:batch_us=0 events=1")
                .toArray(String[]::new));
        var response = batches.results(id);
        var ids = batches.lines(id).stream()
                .map(line -> line.getString("custom_id"))
                .toList();

        assertThat(response.headers().firstValue("content-type")).contains("application/x-jsonl");
        assertThat(response.headers().firstValue("transfer-encoding")).contains("chunked");
        assertThat(response.body()).endsWith("}\n").doesNotContain("\n\n");
        assertThat(ids).hasSize(200).doesNotHaveDuplicates();
        assertThat(ids)
                .isNotEqualTo(ids.stream()
                        .sorted(Comparator.comparing(name -> Integer.valueOf(name.substring(1))))
                        .toList());
    }

    @Test
    void severalLinesAreOneWrite() throws Exception {
        var id = batches.create(IntStream.range(0, 500)
                .mapToObj(index -> "sim:batch_us=0 events=1")
                .toArray(String[]::new));
        try (var socket = new Socket("127.0.0.1", simulator.baseUri().getPort())) {
            socket.getOutputStream()
                    .write(("GET " + BatchClient.PATH + "/" + id + "/results HTTP/1.1\r\nHost: x\r\n"
                                    + "anthropic-version: 2023-06-01\r\nconnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            var raw = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(raw.lines().filter(line -> line.matches("[0-9a-f]+"))).hasSizeBetween(3, 30);
        }
    }

    @Test
    void aResultIsTheMessageWithTheServiceTierOfBatches() throws Exception {
        var result = batches.result(batches.create("sim:batch_us=0 events=2 size=3"), "c0");
        var message = result.getJsonObject("message");

        assertThat(result.getString("type")).isEqualTo("succeeded");
        assertThat(message.getString("id")).startsWith("msg_01");
        assertThat(message.getString("stop_reason")).isEqualTo("end_turn");
        assertThat(message.getJsonArray("content").getJsonObject(0).getString("text"))
                .isEqualTo("i=0;Thei=1;he ");
        assertThat(message.getJsonObject("usage").getString("service_tier")).isEqualTo("batch");
        assertThat(message.getJsonObject("usage").getInt("output_tokens")).isEqualTo(2);
    }

    @Test
    void twoDownloadsAndTheCountsAgree() throws Exception {
        var id = batches.create(
                "sim:batch_us=0 events=2 stamp=1 tool=1",
                "sim:outcome=errored times=1 key=agree",
                "sim:outcome=errored times=1 key=agree",
                "sim:status=529 times=1 key=more",
                "sim:status=529 times=1 key=more",
                "sim:outcome=expired");
        var first = batches.results(id).body();
        clock.advance(Duration.ofSeconds(1));

        assertThat(batches.results(id).body()).isEqualTo(first);
        assertThat(counts(batches.batch(id))).containsExactly(0, 3, 2, 0, 1);
        for (var type : List.of("succeeded=3", "errored=2", "expired=1")) {
            var parts = type.split("=");
            assertThat(first.lines().filter(line -> line.contains("\"result\":{\"type\":\"" + parts[0] + "\"")))
                    .hasSize(Integer.parseInt(parts[1]));
        }
        assertThat(batches.lines(id).stream()
                        .filter(line -> line.getJsonObject("result").containsKey("message"))
                        .map(line -> line.getJsonObject("result")
                                .getJsonObject("message")
                                .getString("id")))
                .hasSize(3)
                .doesNotHaveDuplicates();
    }

    @Test
    void aResubmittedRequestSucceeds() throws Exception {
        var first = batches.create("sim:batch_us=0 outcome=expired times=1 key=again");
        assertThat(batches.result(first, "c0").getString("type")).isEqualTo("expired");

        var second = batches.create("sim:batch_us=0 outcome=expired times=1 key=again");
        assertThat(batches.result(second, "c0").getString("type")).isEqualTo("succeeded");
        assertThat(batches.result(first, "c0").getString("type")).isEqualTo("expired");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]} | invalid_request_error",
                "{} | invalid_request_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | invalid_request_error",
                "{\"model\":\"m\",\"max_tokens\":0,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | invalid_request_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"speed\":\"fast\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | invalid_request_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"fallbacks\":[],\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | invalid_request_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"tool_choice\":{\"type\":\"tool\",\"name\":\"t\"},"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | invalid_request_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"sim:evnts=1\"}]} | invalid_request_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"sim:outcome=lost\"}]} | invalid_request_error",
                "{\"model\":\"claude-sim-overloaded\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | overloaded_error",
                "{\"model\":\"claude-sim-spend-limit\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | rate_limit_error",
                "{\"model\":\"claude-sim-nothing\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | not_found_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"sim:status=500\"}]} | api_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"sim:error_at=1\"}]} | overloaded_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"sim:error_first=timeout_error\"}]} | timeout_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"sim:outcome=errored\"}]} | api_error",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":"
                        + "\"sim:outcome=errored error_type=overloaded_error\"}]} | overloaded_error"
            })
    void invalidRequestsEndWithAnError(String params, String type) throws Exception {
        var id = Client.json(batches.post(BatchClient.envelope(List.of(
                                BatchClient.item("first", Client.body("sim:batch_us=0", false)),
                                BatchClient.item("wrong", params))
                                .stream()))
                        .body())
                .getString("id");
        var result = batches.result(id, "wrong");

        assertThat(counts(batches.batch(id))).containsExactly(0, 1, 1, 0, 0);
        assertThat(result.getString("type")).isEqualTo("errored");
        assertThat(result.getJsonObject("error").getString("type")).isEqualTo("error");
        assertThat(result.getJsonObject("error").get("request_id")).isEqualTo(JsonValue.NULL);
        assertThat(batches.errorType(id, "wrong")).isEqualTo(type);
    }

    @Test
    void paramsThatExceedTheLimitOfAMessageEndWithAnError() throws Exception {
        var id = batches.create("sim:batch_us=0", "x".repeat(2 << 20));

        assertThat(batches.errorType(id, "c1")).isEqualTo("request_too_large");
    }

    @Test
    void theVersionOfTheCreationAppliesToEachRequest() throws Exception {
        var params =
                "{\"temperature\":1," + Client.body("sim:batch_us=0", false).substring(1);
        var body = BatchClient.envelope(List.of(BatchClient.item("a", params)).stream());
        var request = batches.client().request(BatchClient.PATH).POST(BodyPublishers.ofString(body));
        var old = Client.json(batches.client().send(request).body()).getString("id");
        var recent = Client.json(batches.client()
                        .send(request.setHeader("anthropic-version", "2026-10-21"))
                        .body())
                .getString("id");

        assertThat(batches.result(old, "a").getString("type")).isEqualTo("succeeded");
        assertThat(batches.errorType(recent, "a")).isEqualTo("invalid_request_error");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | requests: Field required",
                "[] | not valid JSON",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":{}}] | not valid JSON",
                "{\"requests\":{}} | requests: Input should be a valid list",
                "{\"requests\":[]} | requests: List should have at least 1 item",
                "{\"requests\":[1]} | requests.0: Input should be an object",
                "{\"requests\":[{\"params\":{\"a\":1}}]} | requests.0.custom_id: Field required",
                "{\"requests\":[{\"custom_id\":1,\"params\":{}}]} | requests.0.custom_id: Input should be a valid string",
                "{\"requests\":[{\"custom_id\":\"\",\"params\":{}}]} | requests.0.custom_id: String should match pattern",
                "{\"requests\":[{\"custom_id\":\"a b\",\"params\":{}}]} | requests.0.custom_id: String should match pattern",
                "{\"requests\":[{\"custom_id\":\"a\"}]} | requests.0.params: Field required",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":[]}]} | requests.0.params: Input should be an object",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":{}},{\"custom_id\":\"a\",\"params\":{}}]} | requests.1.custom_id:",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"b\":}}]} | not valid JSON"
            })
    void anInvalidEnvelopeGets400(String body, String message) throws Exception {
        var response = batches.post(body);

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(error(response).getString("type")).isEqualTo("invalid_request_error");
        assertThat(error(response).getString("message")).contains(message);
        assertThat(simulator.batches()).isEmpty();
    }

    @Test
    void anIdHasAtMost64Characters() throws Exception {
        assertThat(batches.post(BatchClient.envelope(List.of(BatchClient.item("a".repeat(64), "{}")).stream()))
                        .statusCode())
                .isEqualTo(200);
        assertThat(batches.post(BatchClient.envelope(List.of(BatchClient.item("a".repeat(65), "{}")).stream()))
                        .statusCode())
                .isEqualTo(400);
        assertThat(batches.post(BatchClient.envelope(List.of(BatchClient.item("a".repeat(5_000), "{}")).stream()))
                        .statusCode())
                .isEqualTo(400);
        assertThat(batches.post("{\"requests\":[{\"c\\u0075stom_id\":\"\\u0061\",\"params\":{}}]}")
                        .statusCode())
                .isEqualTo(200);
    }

    private static JsonObject error(HttpResponse<String> response) {
        return Client.json(response.body()).getJsonObject("error");
    }

    @Test
    void tooManyRequestsOrBytesGet413() throws Exception {
        var many = batches.post(BatchClient.envelope(
                IntStream.rangeClosed(0, 20_000).mapToObj(index -> BatchClient.item("c" + index, "{}"))));
        assertThat(many.statusCode()).isEqualTo(413);
        assertThat(error(many).getString("type")).isEqualTo("request_too_large");

        var large = batches.post(BatchClient.body("x".repeat(8 << 20)));
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(error(large).getString("type")).isEqualTo("request_too_large");

        var bytes = BatchClient.body("x".repeat(8 << 20)).getBytes(StandardCharsets.UTF_8);
        var chunked = batches.client()
                .send(batches.client()
                        .request(BatchClient.PATH)
                        .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes))));
        assertThat(chunked.statusCode()).isEqualTo(413);
        assertThat(simulator.batches()).isEmpty();
    }

    @Test
    void onlyABatchCanBeLargerThanAMessage() throws Exception {
        var prompt = "x".repeat(2 << 20);

        assertThat(batches.client().post(Client.body(prompt, false)).statusCode())
                .isEqualTo(413);
        assertThat(batches.post(BatchClient.body(prompt)).statusCode()).isEqualTo(200);
        assertThat(batches.client()
                        .send(batches.client().request(BatchClient.PATH).method("PUT", BodyPublishers.ofString(prompt)))
                        .statusCode())
                .isEqualTo(413);
    }

    @Test
    void aChunkedBodyIsRead() throws Exception {
        var bytes = BatchClient.body("sim:batch_us=0 events=1", "ünïcödé".repeat(30_000))
                .getBytes(StandardCharsets.UTF_8);
        var response = batches.client()
                .send(batches.client()
                        .request(BatchClient.PATH)
                        .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes))));
        var id = Client.json(response.body()).getString("id");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(batches.result(id, "c1").toString()).contains("You wrote: “ünïcödé");
    }

    @Slow("many requests")
    @Test
    void aBatchCanHave20000Requests() throws Exception {
        var response = batches.post(BatchClient.envelope(IntStream.range(0, 20_000)
                .mapToObj(index -> BatchClient.item(
                        "c" + index,
                        Client.body(
                                index == 0
                                        ? "sim:batch_us=0"
                                        : index % 100 == 7 ? "sim:outcome=expired" : "sim:events=1",
                                false)))));
        var id = Client.json(response.body()).getString("id");
        var ids = batches.results(id)
                .body()
                .lines()
                .map(line -> line.split("\"", 5)[3])
                .collect(Collectors.toSet());

        assertThat(ids).hasSize(20_000).contains("c0", "c19999");
        assertThat(counts(batches.batch(id))).containsExactly(0, 19_800, 0, 0, 200);
    }

    @Test
    void aCanceledBatchEndsSoonWithAllRequestsCanceled() throws Exception {
        var id = batches.create("a", "sim:outcome=expired");
        clock.advance(Duration.ofSeconds(1));

        var canceling = Client.json(batches.cancel(id).body());
        assertThat(canceling.getString("processing_status")).isEqualTo("canceling");
        assertThat(canceling.getString("cancel_initiated_at")).isEqualTo("2026-11-21T09:30:01.123456Z");
        assertThat(counts(canceling)).containsExactly(2, 0, 0, 0, 0);

        clock.advance(Duration.ofMillis(99));
        assertThat(Client.json(batches.cancel(id).body()).getString("cancel_initiated_at"))
                .isEqualTo("2026-11-21T09:30:01.123456Z");
        assertThat(batches.batch(id).getString("processing_status")).isEqualTo("canceling");

        clock.advance(Duration.ofMillis(1));
        assertThat(batches.batch(id).getString("processing_status")).isEqualTo("ended");
        assertThat(counts(batches.batch(id))).containsExactly(0, 0, 0, 2, 0);
        assertThat(batches.results(id).body().lines())
                .containsExactlyInAnyOrder(
                        "{\"custom_id\":\"c0\",\"result\":{\"type\":\"canceled\"}}",
                        "{\"custom_id\":\"c1\",\"result\":{\"type\":\"canceled\"}}");
        assertThat(batches.cancel(id).statusCode()).isEqualTo(400);
    }

    @Test
    void onlyAnEndedBatchCanBeDeleted() throws Exception {
        var id = batches.create("a");
        assertThat(batches.delete(id).statusCode()).isEqualTo(400);

        clock.advance(Duration.ofSeconds(5));
        assertThat(batches.delete(id).body()).isEqualTo("{\"id\":\"" + id + "\",\"type\":\"message_batch_deleted\"}");
        assertThat(batches.poll(id).statusCode()).isEqualTo(404);
        assertThat(simulator.batches()).isEmpty();
    }

    @Test
    void anUnknownBatchGets404() throws Exception {
        assertThat(List.of(
                        batches.poll("msgbatch_x"),
                        batches.cancel("msgbatch_x"),
                        batches.delete("msgbatch_x"),
                        batches.results("msgbatch_x"),
                        batches.poll("a/b"),
                        batches.poll("a/b/c"),
                        batches.client().get(BatchClient.PATH + "?after_id=msgbatch_x")))
                .allMatch(response -> response.statusCode() == 404)
                .allMatch(response -> error(response).getString("type").equals("not_found_error"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/msgbatch_x", "/msgbatch_x/cancel", "/msgbatch_x/results"})
    void anotherMethodGets405(String path) throws Exception {
        assertThat(batches.client()
                        .send(batches.client()
                                .request(BatchClient.PATH + path)
                                .method("PATCH", BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(405);
    }

    @Test
    void anotherContentTypeGets400() throws Exception {
        assertThat(batches.client()
                        .send(batches.client()
                                .request(BatchClient.PATH)
                                .setHeader("content-type", "text/plain")
                                .POST(BodyPublishers.ofString(BatchClient.body("a"))))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void theListIsPagedNewestFirst() throws Exception {
        var ids = new ArrayList<String>();
        for (var count = 0; count < 3; count++) {
            ids.add(0, batches.create("a"));
        }

        assertThat(page("")).isEqualTo("false " + ids);
        assertThat(page("?limit=2")).isEqualTo("true " + ids.subList(0, 2));
        assertThat(page("?limit=2&after_id=" + ids.get(1))).isEqualTo("false " + ids.subList(2, 3));
        assertThat(page("?limit=1&before_id=" + ids.get(2))).isEqualTo("true " + ids.subList(1, 2));
        assertThat(Client.json(batches.client()
                                .get(BatchClient.PATH + "?after_id=" + ids.get(2))
                                .body())
                        .get("last_id"))
                .isEqualTo(JsonValue.NULL);
        assertThat(batches.client().get(BatchClient.PATH + "?limit=1001").statusCode())
                .isEqualTo(400);
        assertThat(simulator.batches()).isEqualTo(ids);
    }

    private String page(String query) throws Exception {
        var page = Client.json(batches.client().get(BatchClient.PATH + query).body());
        var ids = page.getJsonArray("data").getValuesAs(JsonObject.class).stream()
                .map(batch -> batch.getString("id"))
                .toList();
        assertThat(page.getString("first_id")).isEqualTo(ids.get(0));
        assertThat(page.getString("last_id")).isEqualTo(ids.get(ids.size() - 1));
        return page.getBoolean("has_more") + " " + ids;
    }

    @Test
    void aNewBatchReplacesTheOldestEndedBatch() throws Exception {
        var running = batches.create("a");
        var ended = batches.create("sim:batch_us=0");
        var last = List.of(batches.create("a"), batches.create("a"));

        var another = batches.create("a");
        assertThat(simulator.batches())
                .containsExactly(another, last.get(1), last.get(0), running)
                .doesNotContain(ended);
        var refused = batches.post(BatchClient.body("a"));
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(error(refused).getString("type")).isEqualTo("rate_limit_error");
        assertThat(simulator.batches()).hasSize(4);
    }

    @Slow("many requests")
    @Test
    void theBytesOfAllBatchesAreLimited() throws Exception {
        var first = batches.create("x".repeat(6 << 20));
        assertThat(batches.post(BatchClient.body("x".repeat(6 << 20))).statusCode())
                .isEqualTo(429);

        clock.advance(Duration.ofSeconds(5));
        assertThat(batches.post(BatchClient.body("x".repeat(6 << 20))).statusCode())
                .isEqualTo(200);
        assertThat(simulator.batches()).hasSize(1).doesNotContain(first);

        clock.advance(Duration.ofSeconds(5));
        batches.delete(simulator.batches().get(0));
        assertThat(batches.post(BatchClient.body("x".repeat(6 << 20))).statusCode())
                .isEqualTo(200);
    }

    @Test
    void theLimitsAreClaudesOrAQuarterOfTheHeap() {
        var limits = BatchLimits.ofThisJvm();

        assertThat(limits.maxBytes()).isEqualTo(Runtime.getRuntime().maxMemory() / 4);
        assertThat(limits.maxBody()).isEqualTo((int) Math.min(256_000_000, limits.maxBytes()));
        assertThat(limits.maxRequests()).isEqualTo(100_000);
        assertThat(limits.maxBatches()).isEqualTo(1_000);
        assertThat(limits.life()).hasSeconds(5);
    }
}
