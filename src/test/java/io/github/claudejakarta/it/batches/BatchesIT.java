package io.github.claudejakarta.it.batches;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.batch.BatchCases;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SseEvent;
import jakarta.json.JsonObject;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Managed batches over HTTP, from the submission in each format to the results of every request. */
@ExtendWith(ArquillianExtension.class)
class BatchesIT {

    @RegisterExtension
    static final ServerLog LOG =
            ServerLog.withWarnings("SIMULATOR|was sent without an answer|did not reach Claude|was rejected: ");

    private static final String PATH = "/v1/batches";
    /** In the prompt of the first request of each part. Otherwise a part takes five seconds. */
    private static final String SOON = "sim:batch_us=1000 events=1";

    private static final String LONG = "sim:batch_us=600000000";

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.upstream=simulator",
                "claude.base-url=",
                "claude.api-key=",
                FaultTolerance.NO_BREAKER,
                FaultTolerance.NO_RETRIES,
                "claude.batch.poll-interval=PT0.05S",
                "claude.batch.max-poll-interval=PT0.1S",
                "claude.batch.max-part-requests=3",
                "claude.batch.max-concurrent=5",
                "claude.batch.lookup=PT0.2S",
                "claude.read-timeout=PT2S",
                "claude.prices.claude-haiku-4-5.input=1",
                "claude.prices.claude-haiku-4-5.output=5");
    }

    /** The database outlives the deployment, but the simulator of the batches does not. */
    @AfterAll
    static void deleteAll() throws Exception {
        ManagedBatches.deleteAll();
    }

    // Submissions.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/x-ndjson",
                "application/ndjson",
                "application/jsonl",
                "application/x-jsonl; charset=utf-8"
            })
    void acceptsLines(String type) throws Exception {
        var lines = "\uFEFF" + ManagedBatches.item("a", SOON) + "\r\n\r\n" + ManagedBatches.item("b", "Grüße 🎉");

        var id = accepted(ManagedBatches.submit(type, lines), 2);

        assertThat(ManagedBatches.text(ManagedBatches.results(ended(id)).get("b")))
                .contains("“Grüße 🎉”");
    }

    @Test
    void acceptsJson() throws Exception {
        var id = accepted(
                ManagedBatches.submit(
                        "application/json",
                        "{\"note\":[{}],\"requests\":[" + ManagedBatches.item("a", SOON) + ", "
                                + ManagedBatches.item("b", "Grüße 🎉") + "]}"),
                2);

        assertThat(ManagedBatches.text(ManagedBatches.results(ended(id)).get("b")))
                .contains("“Grüße 🎉”");
    }

    /** A lone surrogate stays in the prompt and in the results as lines. A spreadsheet cannot contain it. */
    @Test
    void loneSurrogatesAreNotReplaced() throws Exception {
        String half = ManagedBatches.item("b", "x HALF y").replace("HALF", "\\ud83d");
        var id = ended(accepted(
                ManagedBatches.submit(
                        "application/json",
                        "\uFEFF{\"requests\":[" + ManagedBatches.item("a", SOON) + "," + half + "]}"),
                2));

        assertThat(ManagedBatches.text(ManagedBatches.results(id).get("b"))).contains("“x \ud83d y”");
        assertThat(Api.get(PATH + "/" + id + "/results").body()).contains("x \\ud83d y");
        assertThat(Api.get(PATH + "/" + id + "/results", "accept", "text/csv").body())
                .contains("x \ufffd y");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/x-ndjson"})
    void encodingErrorsNameTheirPlace(String type) throws Exception {
        String body = type.endsWith("/json")
                ? "{\"requests\":[" + ManagedBatches.item("a", SOON) + "]}"
                : ManagedBatches.item("a", SOON);

        assertThat(Api.assertError(ManagedBatches.submit(type, "\uFEFF\uFEFF" + body), 400, "invalid_request_error")
                        .getString("message"))
                .contains("second byte order mark");
        var wide = Api.send(
                Api.request(PATH, "content-type", type).POST(BodyPublishers.ofByteArray(body.getBytes(UTF_16LE))));
        assertThat(Api.assertError(wide, 400, "invalid_request_error").getString("message"))
                .contains("not UTF-8 but UTF-16");
    }

    @Test
    void acceptsCsv() throws Exception {
        var csv = "custom_id,prompt,max_tokens,system\r\n"
                + "a," + SOON + ",,\r\n"
                + "b,\"He said \"\"ja, bitte\"\"\nand left\",200,Be brief\r\n"
                + "c,Grüße — 你好 🎉,,\r\n";

        var id = accepted(ManagedBatches.submitTo(PATH + "?model=claude-opus-5-5&max_tokens=100", "text/csv", csv), 3);

        var results = ManagedBatches.results(ended(id));
        assertThat(ManagedBatches.text(results.get("b"))).contains("“He said \"ja, bitte\" and left”");
        assertThat(ManagedBatches.text(results.get("c"))).contains("“Grüße — 你好 🎉”");
        assertThat(results.get("c").getJsonObject("message").getString("stop_reason"))
                .isEqualTo("max_tokens");
    }

    @Test
    void acceptsCsvOfOtherLocales() throws Exception {
        var csv = "custom_id;prompt;model;max_tokens\na;" + SOON
                + ";claude-opus-5-5;64\nb;ein, zwei – drei;claude-opus-5-5;64";
        var response = Api.send(Api.request(PATH)
                .header("content-type", "text/csv; charset=utf-16le")
                .POST(BodyPublishers.ofByteArray(csv.getBytes(UTF_16LE))));

        assertThat(ManagedBatches.text(
                        ManagedBatches.results(ended(accepted(response, 2))).get("b")))
                .contains("“ein, zwei – drei”");
    }

    private static String accepted(HttpResponse<String> response, int requests) {
        assertThat(response.statusCode()).as(response::body).isEqualTo(202);
        var batch = Api.json(response.body());
        assertThat(batch.getString("id")).startsWith("batch_");
        assertThat(response.headers().firstValue("location")).contains(Api.SERVER + PATH + "/" + batch.getString("id"));
        assertThat(batch.getString("type")).isEqualTo("batch");
        assertThat(batch.getString("status")).isIn("submitting", "in_progress");
        assertThat(batch.getInt("requests")).isEqualTo(requests);
        assertThat(batch.getJsonObject("request_counts").getInt("processing")).isEqualTo(requests);
        assertThat(batch.isNull("ended_at")).isTrue();
        assertThat(batch.isNull("results_url")).isTrue();
        return batch.getString("id");
    }

    private static String ended(String id) throws Exception {
        assertThat(ManagedBatches.ended(id).getString("status")).isEqualTo("ended");
        return id;
    }

    // Invalid submissions.

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/x-ndjson | {GOOD a}~{\"custom_id\":\"b\"}~~nonsense~{GOOD e} | line 2: params;line 4: ",
                "application/x-ndjson | {GOOD a}~{GOOD b}~{GOOD a} | line 3: custom_id: 'a' was used before",
                "application/x-ndjson | {GOOD a}~{GOOD b}~{GOOD c}~{GOOD d}~{GOOD b} | line 5: custom_id: 'b' was used before",
                "application/x-ndjson | {GOOD a}~{GOOD x y} | line 2: custom_id",
                "application/x-ndjson | ~ | requests: at least one",
                "application/json | {\"requests\":[{GOOD a},{\"custom_id\":\"b\"},{GOOD c},{\"params\":{}}]} | requests.1: params;requests.3: custom_id",
                "application/json | {\"requests\":[{GOOD a},{GOOD b},{GOOD c},{GOOD a}]} | requests.3: custom_id: 'a' was used before",
                "application/json | {\"requests\":[{GOOD a} | not valid JSON",
                "application/json | {\"requests\":[]} | requests: at least one",
                "application/json | {} | requests: Field required",
                "application/json | [] | not a JSON object",
                "text/csv | custom_id,prompt,model,max_tokens~a,Hi,m,9~b,Hi,m,many~c,Hi,,9~a,Hi,m,9 | line 3: max_tokens;line 4: model;line 5: custom_id: 'a' was used before",
                "application/x-ndjson | {GOOD a}~{\"custom_id\":\"b\"}~{GOOD a}~{GOOD c}~{}~{GOOD c} | line 2: params;line 3: custom_id: 'a' was used;line 5: ;line 6: custom_id: 'c' was used",
                "application/x-ndjson | {\"custom_id\":1,\"params\":{}}~{\"custom_id\":\"a\",\"params\":[]} | line 1: custom_id must be a string;line 2: params must be an object",
                "application/json | {\"requests\":[{\"custom_id\":1,\"params\":{}},7,{GOOD a}]} | requests.0: custom_id must be a string;requests.1: Input should be an object",
                "text/csv | custom_id,prompt,model,max_tokens~a,Hi,m,9~a,Hi,m,9 | line 3: custom_id: 'a' was used before",
                "text/csv | custom_id,question,model,max_tokens~a,Hi,m,9 | line 1: ;not question",
                "text/csv | custom_id,prompt,model,max_tokens~a,Hi,m,9,more | line 2: has 5 fields",
                "text/csv | custom_id,prompt,model,max_tokens~a,Hi,m,9,more~b,Hi~c,Hi,m,9~d,\"Hi\"!,m,9~c,Hi,m,9 | line 2: has 5;(E) has content;line 3: has 2;line 5: a field begins;line 6: custom_id: 'c'",
                "text/csv | custom_id,prompt,model,max_tokens~a,Hi,m,9~b,\"Hi,m,9~c,Hi,m,9 | line 3: a field begins with a quotation mark here that is never closed",
                "text/csv | custom_id,prompt,,model,max_tokens~a,Hi,,m,9~b,Hi,x,m,9 | line 3: column 3 (C) has content, but no name in line 1",
                "text/csv | sep=x~custom_id,prompt~a,Hi | line 1: sep=x does not name a separator"
            })
    void invalidRequestsAreRejectedWithTheirLine(String type, String body, String messages) throws Exception {
        var ours = ManagedBatches.ids();
        var upstream = upstreamIds();

        var response = ManagedBatches.submit(
                type,
                body.replaceAll(
                                "\\{GOOD ([^}]*)}",
                                "{\"custom_id\":\"$1\",\"params\":"
                                        + "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}")
                        .replace('~', '\n'));

        assertThat(Api.assertError(response, 400, "invalid_request_error").getString("message"))
                .contains(messages.split(";"));
        assertThat(ManagedBatches.ids()).isEqualTo(ours);
        assertThat(upstreamIds()).isEqualTo(upstream);
    }

    /** Files as users write them. The console reads the same files in {@code ConsoleBatchesIT}. */
    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.batch.BatchCases#all")
    void aFileIsAcceptedWholeOrRejectedWithItsLines(BatchCases.Case file) throws Exception {
        var ours = ManagedBatches.ids();

        var response =
                Api.send(Api.request(PATH + "?model=claude-haiku-4-5&max_tokens=9", "content-type", file.contentType())
                        .POST(BodyPublishers.ofByteArray(file.content())));

        if (file.requests() > 0) {
            ManagedBatches.post(accepted(response, file.requests()), "/cancel");
        } else {
            assertThat(BatchCases.verdict(Api.assertError(response, 400, "invalid_request_error")
                            .getString("message")))
                    .isEqualTo(file.verdict());
            assertThat(ManagedBatches.ids()).isEqualTo(ours);
        }
    }

    /** A request may have 32 MB, and a row 8 million characters. */
    @Test
    void requestsThatAreTooLargeAreRejected() throws Exception {
        var ours = ManagedBatches.ids();
        var large = ManagedBatches.item("b", "x".repeat(33 << 20));

        assertTooLarge(
                "application/x-ndjson",
                ManagedBatches.item("a", "Hi") + "\n" + large + "\n",
                "line 2: longer than 32 MB");
        assertTooLarge(
                "application/json",
                "{\"requests\":[" + ManagedBatches.item("a", "Hi") + "," + large + "]}",
                "requests.1: longer than 32 MB");
        assertTooLarge(
                "text/csv",
                "custom_id,prompt,model,max_tokens\na,Hi,m,9\nb," + "x".repeat(9 << 20) + ",m,9\n",
                "line 3: the row is longer");
        assertThat(ManagedBatches.ids()).isEqualTo(ours);
    }

    private static void assertTooLarge(String type, String body, String message) throws Exception {
        assertThat(Api.assertError(ManagedBatches.submit(type, body), 413, "request_too_large")
                        .getString("message"))
                .contains(message);
    }

    /** Some serializers write each unset field as null. */
    @Test
    void streamMayBeNull() throws Exception {
        var line = ManagedBatches.item("a", SOON).replace("\"params\":{", "\"params\":{\"stream\":null,");

        var id = ended(accepted(ManagedBatches.submit("application/x-ndjson", line), 1));

        assertThat(ManagedBatches.results(id).get("a").getString("type")).isEqualTo("succeeded");
    }

    @Test
    void csvFromExcelIsAccepted() throws Exception {
        var csv = "\uFEFFsep=;\r\ncustom_id; prompt;model;max_tokens;;\r\na;" + SOON
                + ";claude-opus-5-5;64;;\r\nb;\"Hi;\r\n\"\"you\"\"\";claude-opus-5-5;64\r\n;;;;;\r\n";

        var id = ended(accepted(ManagedBatches.submit("text/csv", csv), 2));

        assertThat(ManagedBatches.counts(ManagedBatches.get(id))).containsExactly(0, 2, 0, 0, 0);
    }

    @Test
    void atMostTenProblemsAreReported() throws Exception {
        var response = ManagedBatches.submit("application/x-ndjson", "{}\n".repeat(100));

        assertThat(Api.assertError(response, 400, "invalid_request_error").getString("message"))
                .contains("line 10:", "only the first 10 problems")
                .doesNotContain("line 11:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/xml", "multipart/form-data; boundary=x"})
    void otherContentTypesAreRejected(String type) throws Exception {
        Api.assertError(ManagedBatches.submit(type, "a"), 415, "invalid_request_error");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,",
        "GET,/results",
        "GET,/events",
        "POST,/cancel",
        "POST,/resubmit",
        "DELETE,",
        "POST,/parts/1/resolve"
    })
    void anUnknownIdIsA404(String method, String below) throws Exception {
        var request = Api.request(PATH + "/batch_none" + (below == null ? "" : below))
                .header("content-type", "application/json")
                .method(method, BodyPublishers.ofString("{\"message_batch_id\":null}"));

        assertThat(Api.assertError(Api.send(request), 404, "not_found_error").getString("message"))
                .contains("batch_none");
    }

    // Idempotency.

    @Test
    void aRepeatedSubmissionIsTheSameBatch() throws Exception {
        var upstream = upstreamIds();
        var lines = ManagedBatches.item("a", SOON);

        var first = ManagedBatches.submit("application/x-ndjson", lines, "Idempotency-Key", "it-key-1");
        var second = ManagedBatches.submit("application/x-ndjson", lines, "Idempotency-Key", "it-key-1");
        ended(Api.json(first.body()).getString("id"));
        var third = ManagedBatches.submit("text/csv", "not,read", "Idempotency-Key", "it-key-1");
        var other = ManagedBatches.submit("application/x-ndjson", lines, "Idempotency-Key", "it-key-2");

        assertThat(List.of(first, second, third))
                .allSatisfy(response -> assertThat(response.statusCode()).isEqualTo(202))
                .extracting(response -> Api.json(response.body()).getString("id"))
                .containsOnly(Api.json(first.body()).getString("id"));
        assertThat(Api.json(other.body()).getString("id"))
                .isNotEqualTo(Api.json(first.body()).getString("id"));
        ended(Api.json(other.body()).getString("id"));
        assertThat(upstreamIds()).hasSize(upstream.size() + 2);
    }

    @Test
    void concurrentSubmissionsWithOneKeyAreOneBatch() throws Exception {
        var upstream = upstreamIds();
        var requests = IntStream.range(0, 8)
                .mapToObj(i -> Api.sendAsync(
                        Api.request(PATH, "content-type", "application/x-ndjson", "Idempotency-Key", "it-key-race")
                                .POST(BodyPublishers.ofString(ManagedBatches.item("a", SOON)))))
                .toList();

        var ids = new HashSet<String>();
        for (var request : requests) {
            var response = request.join();
            if (response.statusCode() == 409) {
                Api.assertError(response, 409, "conflict_error");
            } else {
                assertThat(response.statusCode()).as(response::body).isEqualTo(202);
                ids.add(Api.json(response.body()).getString("id"));
            }
        }

        assertThat(ids).hasSize(1);
        ended(ids.iterator().next());
        assertThat(upstreamIds()).hasSize(upstream.size() + 1);
    }

    @Test
    void theKeyOfARejectedSubmissionCanBeUsedAgain() throws Exception {
        Api.assertError(
                ManagedBatches.submit("application/x-ndjson", "{}", "Idempotency-Key", "it-key-3"),
                400,
                "invalid_request_error");

        ended(accepted(
                ManagedBatches.submit(
                        "application/x-ndjson", ManagedBatches.item("a", SOON), "Idempotency-Key", "it-key-3"),
                1));
    }

    @Test
    void invalidIdempotencyKeysAreRejected() throws Exception {
        for (var key : List.of("", "x".repeat(256))) {
            Api.assertError(
                    ManagedBatches.submit(
                            "application/x-ndjson", ManagedBatches.item("a", SOON), "Idempotency-Key", key),
                    400,
                    "invalid_request_error");
        }
    }

    // Progress, cancellation and deletion.

    @Test
    void eventsReportTheProgress() throws Exception {
        var id = submitted("sim:batch_us=1000000");

        var response = Api.send(watching(id));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("cache-control")).contains("no-cache");
        assertThat(response.headers().firstValue("x-accel-buffering")).contains("no");
        var events = SseEvent.parse(response.body());
        assertThat(events).hasSizeGreaterThan(1);
        var last = events.get(events.size() - 1);
        assertThat(last.name()).isEqualTo("batch_ended");
        assertThat(events.subList(0, events.size() - 1))
                .extracting(SseEvent::name)
                .containsOnly("batch_progressed");
        assertThat(events)
                .extracting(event -> Long.parseLong(event.id()))
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(events)
                .allSatisfy(event ->
                        assertThat(Api.json(event.data()).getString("id")).isEqualTo(id));
        assertThat(Api.json(last.data())).isEqualTo(ManagedBatches.get(id));

        var rest = Api.send(watching(id, "Last-Event-ID", events.get(0).id()));
        assertThat(SseEvent.parse(rest.body())).containsExactly(last);
        assertThat(SseEvent.parse(Api.send(Api.request(PATH + "/" + id + "/events?after="
                                        + events.get(0).id())
                                .header("accept", "text/event-stream"))
                        .body()))
                .containsExactly(last);
        assertThat(Api.send(watching(id, "Last-Event-ID", last.id())).statusCode())
                .isEqualTo(204);
        Api.assertError(Api.send(watching(id, "Last-Event-ID", "1000000")), 400, "invalid_request_error");
        Api.assertError(Api.send(watching(id, "Last-Event-ID", "x")), 400, "invalid_request_error");
    }

    @Test
    void aRunningBatchCanBeCanceled() throws Exception {
        var id = submitted(LONG, "Hi", "Hi", LONG);
        Api.await(
                "both parts to be running",
                () -> ManagedBatches.get(id).getString("status").equals("in_progress"));

        Api.assertError(Api.get(PATH + "/" + id + "/results"), 409, "conflict_error");
        Api.assertError(Api.delete(PATH + "/" + id), 409, "conflict_error");
        Api.assertError(ManagedBatches.post(id, "/resubmit"), 409, "conflict_error");
        var canceling = ManagedBatches.post(id, "/cancel");
        assertThat(canceling.statusCode()).as(canceling::body).isEqualTo(200);
        assertThat(Api.json(canceling.body()).getString("status")).isEqualTo("canceling");
        var ended = ManagedBatches.ended(id);

        assertThat(ended.getString("status")).isEqualTo("ended");
        assertThat(ManagedBatches.counts(ended)).containsExactly(0, 0, 0, 4, 0);
        assertThat(ManagedBatches.results(id).values())
                .hasSize(4)
                .allMatch(result -> result.getString("type").equals("canceled"));
        assertThat(Api.json(ManagedBatches.post(id, "/cancel").body())).isEqualTo(ManagedBatches.get(id));
        Api.assertError(ManagedBatches.post(id, "/resubmit"), 400, "invalid_request_error");
    }

    @Test
    void aWaitingBatchCanBeCanceled() throws Exception {
        var prompts = IntStream.range(0, 21).mapToObj(i -> LONG).toArray(String[]::new);
        var id = submitted(prompts);
        Api.await("five parts to be running", () -> ManagedBatches.parts(id, "running") == 5);
        assertThat(ManagedBatches.get(id).getString("status")).isEqualTo("submitting");
        assertThat(ManagedBatches.parts(id, "waiting")).isEqualTo(2);

        assertThat(ManagedBatches.post(id, "/cancel").statusCode()).isEqualTo(200);

        assertThat(ManagedBatches.counts(ManagedBatches.ended(id))).containsExactly(0, 0, 0, 21, 0);
        assertThat(ManagedBatches.results(id)).hasSize(21);
    }

    @Test
    void anEndedBatchIsDeletedHereAndAtClaude() throws Exception {
        var id = ended(submitted(SOON, "Hi", "Hi", SOON));
        var upstream = ManagedBatches.get(id).getJsonArray("parts").getValuesAs(JsonObject.class).stream()
                .map(part -> part.getString("id"))
                .toList();
        assertThat(upstreamIds()).containsAll(upstream);

        var deleted = Api.delete(PATH + "/" + id);

        assertThat(Api.json(deleted.body())).isEqualTo(Api.json("{\"id\":\"" + id + "\",\"type\":\"batch_deleted\"}"));
        Api.assertError(Api.get(PATH + "/" + id), 404, "not_found_error");
        Api.assertError(Api.delete(PATH + "/" + id), 404, "not_found_error");
        assertThat(ManagedBatches.ids()).doesNotContain(id);
        assertThat(upstreamIds()).doesNotContainAnyElementsOf(upstream);
    }

    // Results.

    @Test
    void theResultsOfAllPartsAreMerged() throws Exception {
        var id = ended(submitted(
                SOON,
                "sim:outcome=errored error_type=overloaded_error",
                "sim:outcome=expired",
                SOON,
                "sim:outcome=canceled",
                "He said \"ja\", \n and left",
                SOON));
        var batch = ManagedBatches.get(id);

        assertThat(batch.getJsonArray("parts")).hasSize(3);
        assertThat(ManagedBatches.counts(batch)).containsExactly(0, 4, 1, 1, 1);
        assertThat(batch.getString("results_url")).isEqualTo(Api.SERVER + PATH + "/" + id + "/results");
        var lines = Api.get(PATH + "/" + id + "/results");
        assertThat(lines.headers().firstValue("content-type")).contains("application/x-jsonl");
        assertThat(lines.body()).endsWith("\n");
        assertThat(lines.body().lines().map(line -> Api.json(line).getString("custom_id")))
                .containsExactlyInAnyOrder("c0", "c1", "c2", "c3", "c4", "c5", "c6");
        assertThat(Api.get(PATH + "/" + id + "/results", "accept", "application/x-ndjson")
                        .headers()
                        .firstValue("content-type"))
                .contains("application/x-ndjson");
        // Generated clients accept JSON, which is one array. If a client accepts both formats, the first counts.
        for (String accept : List.of("application/json", "application/json, application/x-jsonl, text/csv")) {
            var list = Api.get(PATH + "/" + id + "/results", "accept", accept);
            assertThat(list.headers().firstValue("content-type")).contains("application/json");
            assertThat(Api.json("{\"data\":" + list.body() + "}")
                            .getJsonArray("data")
                            .getValuesAs(JsonObject.class))
                    .extracting(result -> result.getString("custom_id"))
                    .containsExactlyInAnyOrder("c0", "c1", "c2", "c3", "c4", "c5", "c6");
        }
        assertThat(Api.get(PATH + "/" + id + "/results", "accept", "application/x-jsonl, application/json")
                        .body())
                .isEqualTo(lines.body());
        // HTTP clients of other languages accept all types.
        for (String accept : List.of(
                "application/json, text/plain, */*",
                "application/json, application/*+json, application/*",
                "*/*;q=0.1, application/json")) {
            assertThat(Api.get(PATH + "/" + id + "/results", "accept", accept).body())
                    .as(accept)
                    .isEqualTo(lines.body());
        }
        for (String accept : List.of(
                "*/*",
                "application/json",
                "application/json, text/plain, */*",
                "application/json, */*;q=0",
                "application/ndjson",
                "text/csv")) {
            var head = Api.send(Api.request(PATH + "/" + id + "/results", "accept", accept)
                    .method("HEAD", BodyPublishers.noBody()));
            assertThat(head.headers().firstValue("content-type"))
                    .as(accept)
                    .isPresent()
                    .isEqualTo(Api.get(PATH + "/" + id + "/results", "accept", accept)
                            .headers()
                            .firstValue("content-type"));
        }
        Api.assertError(
                Api.get(PATH + "/" + id + "/results", "accept", "application/pdf"), 406, "invalid_request_error");

        var csv = Api.get(PATH + "/" + id + "/results", "accept", "text/csv");
        assertThat(csv.headers()
                        .firstValue("content-type")
                        .orElse("")
                        .replace(" ", "")
                        .toLowerCase(Locale.ROOT))
                .isEqualTo("text/csv;charset=utf-8");
        var rows = csv.body().split("\r\n");
        assertThat(rows).hasSize(8);
        assertThat(rows[0])
                .isEqualTo("custom_id,type,text,stop_reason,input_tokens,output_tokens,error_type,error_message");
        assertThat(rows)
                .contains("c2,expired,,,,,,", "c4,canceled,,,,,,")
                .anyMatch(row -> row.startsWith("c1,errored,,,,,overloaded_error,"))
                .anyMatch(row ->
                        row.startsWith("c5,succeeded,\"Hello! ") && row.contains("“He said \"\"ja\"\", and left”"));

        var part = batch.getJsonArray("parts").getJsonObject(0);
        assertThat(part.getString("results_url"))
                .isEqualTo(Api.SERVER + "/v1/messages/batches/" + part.getString("id") + "/results");
        assertThat(Api.get(URI.create(part.getString("results_url")).getPath())
                        .body()
                        .lines())
                .hasSize(3);
    }

    @Test
    void aHeadOfResultsHoldsNoConnection() throws Exception {
        var id = ended(submitted(SOON));
        for (var path : List.of("/results", "/events", "")) {
            var head = Api.send(Api.request(PATH + "/" + id + path).method("HEAD", BodyPublishers.noBody()));
            assertThat(head.statusCode()).as(path).isEqualTo(200);
            assertThat(head.body()).isEmpty();
        }
    }

    @Test
    void aClientThatLeavesDisturbsNoOther() throws Exception {
        var id = ended(submitted("sim:batch_us=1000 events=3000 size=1000", "Hi"));

        for (var accept : List.of("application/x-jsonl", "text/csv")) {
            try (var in = Api.open(Api.request(PATH + "/" + id + "/results", "accept", accept))
                    .body()) {
                in.readNBytes(10);
            }
            assertThat(ManagedBatches.results(id)).hasSize(2);
        }
    }

    @Test
    void theCostIsReported() throws Exception {
        var id = ended(submitted(SOON, "Hi", "sim:outcome=expired", SOON));

        var usage = ManagedBatches.get(id).getJsonObject("usage");

        var messages = ManagedBatches.results(id).values().stream()
                .filter(result -> result.containsKey("message"))
                .map(result -> result.getJsonObject("message").getJsonObject("usage"))
                .toList();
        var input =
                messages.stream().mapToInt(one -> one.getInt("input_tokens")).sum();
        var output =
                messages.stream().mapToInt(one -> one.getInt("output_tokens")).sum();
        assertThat(usage.getInt("input_tokens")).isEqualTo(input).isPositive();
        assertThat(usage.getInt("output_tokens")).isEqualTo(output).isPositive();
        var cost = new BigDecimal(input + 5 * output).divide(new BigDecimal(2_000_000), 6, RoundingMode.HALF_UP);
        assertThat(usage.getJsonNumber("cost").bigDecimalValue()).isEqualByComparingTo(cost);
        var model = usage.getJsonArray("models").getJsonObject(0);
        assertThat(model.getString("model")).isEqualTo("claude-haiku-4-5");
        assertThat(model.getInt("requests")).isEqualTo(3);
    }

    @Test
    void withoutAPriceTheCostIsAbsent() throws Exception {
        var csv = "custom_id,prompt,model,max_tokens\na," + SOON + ",claude-haiku-4-5,9\nb,Hi,claude-opus-5-5,9";
        var id = ended(Api.json(ManagedBatches.submit("text/csv", csv).body()).getString("id"));

        var usage = ManagedBatches.get(id).getJsonObject("usage");

        assertThat(usage).doesNotContainKey("cost");
        assertThat(usage.getJsonArray("models").getValuesAs(JsonObject.class))
                .extracting(model -> model.containsKey("cost"))
                .containsExactly(true, false);
    }

    // Resubmissions and retries.

    @Test
    void failedAndExpiredRequestsAreResubmitted() throws Exception {
        var id = ended(submitted(
                SOON,
                "sim:batch_us=1000 outcome=errored error_type=overloaded_error times=1 key=it-r1",
                "sim:outcome=expired times=1 key=it-r2",
                "sim:batch_us=1000 outcome=canceled times=1 key=it-r3",
                "sim:outcome=errored error_type=invalid_request_error"));
        assertThat(ManagedBatches.counts(ManagedBatches.get(id))).containsExactly(0, 1, 2, 1, 1);

        var again = ManagedBatches.post(id, "/resubmit");

        assertThat(again.statusCode()).as(again::body).isEqualTo(202);
        assertThat(again.headers().firstValue("location")).contains(Api.SERVER + PATH + "/" + id);
        assertThat(Api.json(again.body()).getString("id")).isEqualTo(id);
        assertThat(Api.json(again.body()).getString("status")).isEqualTo("in_progress");
        assertThat(ManagedBatches.counts(Api.json(again.body()))).containsExactly(2, 1, 1, 1, 0);
        assertThat(ManagedBatches.counts(ManagedBatches.ended(id))).containsExactly(0, 3, 1, 1, 0);
        var results = ManagedBatches.results(id);
        assertThat(results).hasSize(5);
        assertThat(results.get("c1").getString("type")).isEqualTo("succeeded");
        assertThat(results.get("c2").getString("type")).isEqualTo("succeeded");
        assertThat(results.get("c4").getString("type")).isEqualTo("errored");

        Api.assertError(ManagedBatches.post(id, "/resubmit?include=everything"), 400, "invalid_request_error");
        Api.assertError(ManagedBatches.post(id, "/resubmit"), 400, "invalid_request_error");
        assertThat(ManagedBatches.post(id, "/resubmit?include=canceled").statusCode())
                .isEqualTo(202);
        assertThat(ManagedBatches.counts(ManagedBatches.ended(id))).containsExactly(0, 4, 1, 0, 0);
        assertThat(ManagedBatches.results(id).get("c3").getString("type")).isEqualTo("succeeded");
        Api.assertError(ManagedBatches.post(id, "/resubmit?include=canceled"), 400, "invalid_request_error");
        assertThat(ManagedBatches.get(id)
                        .getJsonObject("usage")
                        .getJsonArray("models")
                        .getJsonObject(0)
                        .getInt("requests"))
                .isEqualTo(4);
    }

    @Test
    void requestsThatClaudeRejectsAreErroredAndCanBeResubmitted() throws Exception {
        var id = submitted("sim:batch_us=1000 batch_status=400 times=1 key=it-refused", "Hi", "Hi", SOON);

        var batch = ManagedBatches.ended(id);

        assertThat(batch.getString("status")).isEqualTo("failed");
        assertThat(ManagedBatches.counts(batch)).containsExactly(0, 1, 3, 0, 0);
        assertThat(batch.getJsonArray("parts")
                        .getJsonObject(0)
                        .getJsonObject("problem")
                        .getJsonObject("error")
                        .getString("type"))
                .isEqualTo("invalid_request_error");
        var refused = ManagedBatches.results(id).get("c1");
        assertThat(refused.getString("type")).isEqualTo("errored");
        assertThat(refused.getJsonObject("error").getJsonObject("error").getString("type"))
                .isEqualTo("invalid_request_error");
        assertThat(ManagedBatches.post(id, "/resubmit").statusCode()).isEqualTo(202);
        assertThat(ManagedBatches.counts(ManagedBatches.ended(id))).containsExactly(0, 4, 0, 0, 0);
        assertThat(ManagedBatches.get(id).getString("status")).isEqualTo("ended");
        assertThat(ManagedBatches.results(id)).hasSize(4);
    }

    @Test
    void aLostResponseCreatesNoSecondMessageBatch() throws Exception {
        var upstream = upstreamIds();

        ended(submitted("sim:batch_us=1000 batch_lost=1 times=1 key=it-lost-answer", "Hi"));

        assertThat(upstreamIds()).hasSize(upstream.size() + 1);
    }

    @Test
    void aLostRequestIsSentAgain() throws Exception {
        var upstream = upstreamIds();

        ended(submitted("sim:batch_us=1000 batch_lost=before times=1 key=it-lost-request", "Hi"));

        assertThat(upstreamIds()).hasSize(upstream.size() + 1);
    }

    @Test
    void anInterruptedDownloadOfResultsIsRetried() throws Exception {
        var id = ended(submitted("sim:batch_us=1000 batch_cut_at=1 times=1 key=it-cut", "Hi", "sim:outcome=expired"));

        assertThat(ManagedBatches.counts(ManagedBatches.get(id))).containsExactly(0, 2, 0, 0, 1);
        assertThat(ManagedBatches.get(id)
                        .getJsonObject("usage")
                        .getJsonArray("models")
                        .getJsonObject(0)
                        .getInt("requests"))
                .isEqualTo(2);
    }

    @Test
    void aStalledDownloadOfResultsIsRetried() throws Exception {
        var id = ended(
                submitted("sim:batch_us=1000 batch_stall_at=1 times=1 key=it-stall", "Hi", "sim:outcome=expired"));

        assertThat(ManagedBatches.counts(ManagedBatches.get(id))).containsExactly(0, 2, 0, 0, 1);
    }

    // Lists.

    @Test
    void batchesAreListedNewestFirstInPages() throws Exception {
        var first = submitted(SOON);
        var second = submitted(LONG);
        var third = submitted(SOON);
        ended(first);
        ended(third);

        assertThat(ManagedBatches.ids("?limit=3")).containsExactly(third, second, first);
        var page = Api.json(Api.get(PATH + "?limit=2").body());
        assertThat(page.getBoolean("has_more")).isTrue();
        assertThat(page.getString("first_id")).isEqualTo(third);
        assertThat(page.getString("last_id")).isEqualTo(second);
        assertThat(page.getJsonArray("data").getJsonObject(0)).isEqualTo(ManagedBatches.get(third));
        assertThat(ManagedBatches.ids("?limit=1&after_id=" + second)).containsExactly(first);
        assertThat(ManagedBatches.ids("?limit=1&before_id=" + first)).containsExactly(second);
        assertThat(ManagedBatches.ids("?before_id=" + first)).containsExactly(third, second);
        Api.await(
                "the second to run",
                () -> ManagedBatches.ids("?status=in_progress").equals(List.of(second)));
        assertThat(ManagedBatches.ids("?status=ended&limit=2")).containsExactly(third, first);
        for (var wrong : List.of(
                "?status=over",
                "?limit=0",
                "?limit=1001",
                "?limit=x",
                "?after_id=batch_none",
                "?after_id=" + first + "&before_id=" + third)) {
            Api.assertError(Api.get(PATH + wrong), 400, "invalid_request_error");
        }
        ManagedBatches.post(second, "/cancel");
        ManagedBatches.ended(second);
    }

    private static String submitted(String... prompts) throws Exception {
        var body = IntStream.range(0, prompts.length)
                .mapToObj(i -> ManagedBatches.item("c" + i, prompts[i]))
                .collect(Collectors.joining("\n"));
        return accepted(ManagedBatches.submit("application/x-ndjson", body), prompts.length);
    }

    private static HttpRequest.Builder watching(String id, String... headers) {
        return Api.request(PATH + "/" + id + "/events", headers).header("accept", "text/event-stream");
    }

    /** The ids of the simulator's message batches. */
    private static List<String> upstreamIds() throws Exception {
        return Api.json(Api.get("/v1/messages/batches?limit=1000").body())
                .getJsonArray("data")
                .getValuesAs(JsonObject.class)
                .stream()
                .map(batch -> batch.getString("id"))
                .toList();
    }
}
