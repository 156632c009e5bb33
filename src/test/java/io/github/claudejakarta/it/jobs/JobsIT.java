package io.github.claudejakarta.it.jobs;

import static io.github.claudejakarta.it.support.JobCaller.submission;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Coded;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jobs over HTTP: submission, watching, cancellation, retries and lists. */
@ExtendWith(ArquillianExtension.class)
class JobsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final JobCaller CALLER = JobCaller.ofServer();
    private static final String JOB = submission(Api.body(false));
    private static final String OVERLOADED = Script.errorBody("overloaded_error", "Overloaded");

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                FaultTolerance.NO_BREAKER,
                FaultTolerance.NO_RETRIES,
                "claude.job.backoff=PT0.01S",
                "claude.job.max-backoff=PT0.01S",
                "claude.job.max-attempts=2",
                "claude.job.recovery=off");
    }

    @BeforeAll
    static void startUpstream() {
        upstream = ScriptedUpstream.startForServer();
    }

    @AfterAll
    static void closeUpstream() throws Exception {
        CALLER.cancelAll();
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    // From the submission to the end.

    @Test
    void aSubmissionReturnsTheStoredJob() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));

        var response = CALLER.submit(submission(Api.body(false), "\"metadata\":{\"case\":[1.50]}"));

        assertThat(response.statusCode()).as(response::body).isEqualTo(202);
        JsonObject job = Api.json(response.body());
        String id = job.getString("id");
        assertThat(response.headers().firstValue("location")).contains(Api.SERVER + "/v1/jobs/" + id);
        assertThat(response.headers().firstValue("preference-applied")).isEmpty();
        assertThat(id).startsWith("job_");
        assertThat(job.keySet()).containsExactlyInAnyOrderElementsOf(JobCaller.FIELDS);
        assertThat(job.getString("type")).isEqualTo("job");
        assertThat(job.getString("status")).isEqualTo("queued");
        assertThat(job.getInt("attempts")).isZero();
        assertThat(job.getInt("restarts")).isZero();
        assertThat(job.getJsonObject("metadata")).hasToString("{\"case\":[1.50]}");
        assertThat(List.of("stream_id", "message", "error", "callback", "started_at", "next_attempt_at", "ended_at"))
                .allMatch(job::isNull);
        assertThat(Instant.parse(job.getString("created_at")))
                .isBetween(Instant.now().minusSeconds(20), Instant.now().plusSeconds(20));
        var running = CALLER.await(id, "running");
        assertThat(running.getInt("attempts")).isEqualTo(1);
        assertThat(running.getString("stream_id")).startsWith("stream_");
        assertThat(Instant.parse(running.getString("started_at")))
                .isAfterOrEqualTo(Instant.parse(job.getString("created_at")));
        barrier.release();
        var ended = CALLER.succeeded(id);
        assertThat(JobCaller.text(ended)).isEqualTo("Hello");
        assertThat(ended.getJsonObject("message").getString("stop_reason")).isEqualTo("end_turn");
        assertThat(ended.getJsonObject("metadata")).isEqualTo(job.getJsonObject("metadata"));
        assertThat(ended.isNull("error")).isTrue();
        assertThat(Instant.parse(ended.getString("ended_at")))
                .isAfterOrEqualTo(Instant.parse(running.getString("started_at")));
    }

    @Test
    void aToolInputThatIsNotAJsonObjectIsStoredWithTheMessage() throws Exception {
        upstream.answer(Wire.toolScript("tool_use", "{\"a\": \"\\u00e4", "\u00e4"));

        var job = CALLER.succeeded(CALLER.accepted(JOB));

        assertThat(job.getJsonObject("message").getString("stop_reason")).isEqualTo("tool_use");
        assertThat(job.getJsonObject("message")
                        .getJsonArray("content")
                        .getJsonObject(1)
                        .getJsonObject("input"))
                .isEmpty();
        assertThat(job.getJsonArray("unparsed_tool_inputs"))
                .containsExactly(Json.createObjectBuilder()
                        .add("index", 1)
                        .add("id", "toolu_1")
                        .add("name", "n")
                        .add("text", "{\"a\": \"\\u00e4\u00e4")
                        .build());
        assertThat(Api.stream(job.getString("stream_id")).get("unparsed_tool_inputs"))
                .isEqualTo(job.get("unparsed_tool_inputs"));
        assertThat(CALLER.read("?limit=1").getJsonArray("data").getJsonObject(0).keySet())
                .doesNotContain("message", "unparsed_tool_inputs");
    }

    @Test
    void theRequestGoesToClaudeUnchangedExceptForStream() throws Exception {
        upstream.answer(Wire.helloScript(), Wire.helloScript());
        var request = "{ \"stream\" : false, \"model\":\"claude-of-the-future\", \"max_tokens\":1e3, "
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Grüße \\u00fc\"}],"
                + "\"future\":{\"b\":1.00,\"a\":[null]} }";

        CALLER.succeeded(CALLER.accepted(submission(request)));

        var sent = upstream.takeRequest();
        assertThat(sent.text()).isEqualTo(request.replace("false", "true"));
        assertThat(sent.path()).isEqualTo("/v1/messages");
    }

    @Test
    void headersForClaudeAreStoredAndKeysAreNot() throws Exception {
        upstream.answer(Wire.helloScript());
        String key = ServerLog.KEY_MARK + "callers-own";

        CALLER.succeeded(CALLER.accepted(
                JOB,
                "anthropic-beta",
                "one,two",
                "anthropic-version",
                "2099-01-01",
                "x-api-key",
                key,
                "authorization",
                "Bearer " + key,
                "cookie",
                "a=b",
                "x-forwarded-for",
                "10.0.0.1"));

        var sent = upstream.takeRequest();
        assertThat(sent.headerValues("anthropic-beta")).containsExactly("one,two");
        assertThat(sent.headerValues("anthropic-version")).containsExactly("2099-01-01");
        assertThat(sent.headerValues("x-api-key")).containsExactly("sk-ant-it");
        assertThat(sent.headers().toString()).doesNotContainIgnoringCase(key, "authorization", "cookie", "forwarded");
        assertThat(DatabaseFiles.contain("2099-01-01")).isTrue();
        assertThat(DatabaseFiles.contain(key)).isFalse();
    }

    @Test
    void aRequestThatClaudeRejectsFailsImmediately() throws Exception {
        upstream.answer(Script.error(400, "invalid_request_error", "messages.0.role: no"));

        var job = CALLER.await(CALLER.accepted(JOB), "failed");

        assertThat(job.getJsonObject("error"))
                .hasToString("{\"type\":\"invalid_request_error\",\"message\":\"messages.0.role: no\"}");
        assertThat(job.isNull("message")).isTrue();
        assertThat(job.getInt("attempts")).isEqualTo(1);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void anErrorUnderStatus200CountsByItsType() throws Exception {
        upstream.answer(Script.json(200, Script.errorBody("invalid_request_error", "messages.0.role: no")));
        var refused = CALLER.await(CALLER.accepted(JOB), "failed");
        assertThat(refused.getJsonObject("error"))
                .hasToString("{\"type\":\"invalid_request_error\",\"message\":\"messages.0.role: no\"}");
        assertThat(upstream.requests()).hasSize(1);

        upstream.answer(Script.json(200, OVERLOADED), Wire.helloScript());
        assertThat(CALLER.succeeded(CALLER.accepted(JOB)).getInt("attempts")).isEqualTo(2);
    }

    /** A request that was paid for, or that would fail again, is not sent eight times. */
    @Test
    void finalErrorsAreNotRetried() throws Exception {
        byte[] corrupt = Coded.gzip((Wire.START + Wire.text("Hel")).getBytes(UTF_8));
        corrupt[corrupt.length - 5] ^= 1;
        for (var script : List.of(
                Wire.messageScript(),
                Script.sseHead("content-encoding: br").write("x"),
                Script.sseHead("content-encoding: gzip").write(corrupt),
                Script.json(302, "{}", "location: https://elsewhere.example/"))) {
            upstream.forget();
            upstream.otherwise(request -> script);

            var job = CALLER.await(CALLER.accepted(JOB), "failed");

            assertThat(job.getJsonObject("error").getString("type")).isEqualTo("api_error");
            assertThat(job.getInt("attempts")).isEqualTo(1);
            assertThat(upstream.requests()).hasSize(1);
        }
    }

    @Test
    void anInterruptedCompressedAnswerIsRetried() throws Exception {
        byte[] whole = Coded.gzip(Wire.hello().getBytes(UTF_8));
        upstream.answer(
                Script.sseHead("content-encoding: gzip").write(Arrays.copyOf(whole, 5)),
                Script.sseHead("content-encoding: gzip").write(whole));

        assertThat(JobCaller.text(CALLER.succeeded(CALLER.accepted(JOB)))).isEqualTo("Hello");
        assertThat(upstream.requests()).hasSize(2);
    }

    @Test
    void temporaryErrorsAreRetried() throws Exception {
        upstream.answer(Wire.begun().event("error", OVERLOADED), Wire.helloScript());

        var job = CALLER.succeeded(CALLER.accepted(JOB));

        assertThat(JobCaller.text(job)).isEqualTo("Hello");
        assertThat(job.getInt("attempts")).isEqualTo(2);
        assertThat(job.getInt("restarts")).isZero();
        assertThat(job.isNull("error")).isTrue();
        assertThat(job.isNull("next_attempt_at")).isTrue();
    }

    @Test
    void aRunningJobIsAStream() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        String id = CALLER.accepted(JOB);
        String stream = CALLER.await(id, "running").getString("stream_id");

        assertThat(Api.stream(stream).getString("status")).isEqualTo("running");
        try (var client = RawClient.connect().watch(stream);
                var text = RawClient.connect().request("GET", "/v1/streams/" + stream, "", "Accept: text/plain")) {
            assertThat(client.readUntil("Hel")).contains("id: 0", "message_start");
            text.readUntil("Hel");
            barrier.release();
            client.readUntil("message_stop");
            text.readUntil("lo");
        }
        CALLER.succeeded(id);
        assertThat(Api.events(stream))
                .hasSize(7)
                .last()
                .extracting(SseEvent::name)
                .isEqualTo("message_stop");
        assertThat(Api.get("/v1/streams/" + stream, "accept", "text/plain").body())
                .isEqualTo("Hello");
    }

    // Waiting.

    @Test
    void waitsForAnEndWithinTheTime() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));

        var waiting = CALLER.submitAsync(JOB, "prefer", "respond-async, wait=60");
        barrier.awaitReached();
        assertThat(waiting).isNotDone();
        barrier.release();

        var response = waiting.get(20, TimeUnit.SECONDS);
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        assertThat(response.headers().firstValue("preference-applied")).contains("wait=60");
        assertThat(response.headers().firstValue("location").orElse(""))
                .endsWith("/v1/jobs/" + Api.json(response.body()).getString("id"));
        assertThat(JobCaller.text(Api.json(response.body()))).isEqualTo("Hello");
    }

    @Test
    void aSubmissionCanWaitForTheEnd() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.STOP));
        String id = CALLER.accepted(JOB);

        var notInTime = CALLER.get("/" + id, "prefer", "wait=0");
        var waiting = CALLER.getAsync("/" + id, "prefer", "wait=60");
        barrier.awaitReached();
        barrier.release();

        assertThat(notInTime.statusCode()).isEqualTo(200);
        assertThat(Api.json(notInTime.body()).isNull("ended_at")).isTrue();
        var response = waiting.get(20, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(Api.json(response.body()).getString("status")).isEqualTo("succeeded");
        assertThat(response.headers().firstValue("preference-applied")).contains("wait=60");
    }

    // Cancellation.

    @Test
    void aCanceledJobEndsItsRequestToClaude() throws Exception {
        upstream.answer(Wire.begun().stall());
        String id = CALLER.accepted(JOB);
        String stream = CALLER.await(id, "running").getString("stream_id");
        // The job is running before its request reaches Claude.
        var request = upstream.takeRequest();
        CompletableFuture<HttpResponse<String>> waiting = CALLER.getAsync("/" + id, "prefer", "wait=60");

        var response = CALLER.cancel(id);

        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        assertThat(Api.json(response.body()).getString("status")).isEqualTo("canceled");
        assertThat(request.clientGone().get(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(Api.json(waiting.get(10, TimeUnit.SECONDS).body()).getString("status"))
                .isEqualTo("canceled");
        assertThat(Api.events(stream)).last().extracting(SseEvent::name).isEqualTo("error");
        assertThat(CALLER.job(id)).isEqualTo(Api.json(response.body()));
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void deletingTheStreamCancelsTheJob() throws Exception {
        upstream.answer(Wire.begun().stall());
        String id = CALLER.accepted(JOB);

        upstream.takeRequest();
        Api.delete("/v1/streams/" + CALLER.await(id, "running").getString("stream_id"));

        CALLER.await(id, "canceled");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void anEndedJobCannotBeCanceled() throws Exception {
        upstream.answer(Wire.helloScript(), Script.error(400, "invalid_request_error", "no"));
        for (String id : List.of(CALLER.accepted(JOB), CALLER.accepted(JOB))) {
            var before = CALLER.ended(id);

            assertThat(Api.assertError(CALLER.cancel(id), 409, "conflict_error").getString("message"))
                    .contains(id, before.getString("status"));
            assertThat(CALLER.job(id)).isEqualTo(before);
        }
    }

    // Retries.

    @Test
    void aDeadJobCanBeRetried() throws Exception {
        upstream.answer(
                Script.error(500, "api_error", "Broken"),
                Wire.begun().event("error", OVERLOADED),
                Wire.begun().cut(),
                Wire.helloScript());
        String id = CALLER.accepted(JOB);
        var dead = CALLER.await(id, "dead");
        assertThat(dead.getInt("attempts")).isEqualTo(2);
        assertThat(dead.getJsonObject("error").getString("type")).isEqualTo("overloaded_error");
        Api.assertError(CALLER.cancel(id), 409, "conflict_error");

        var response = CALLER.retry(id);

        assertThat(response.statusCode()).as(response::body).isEqualTo(202);
        assertThat(response.headers().firstValue("location")).contains(Api.SERVER + "/v1/jobs/" + id);
        var revived = Api.json(response.body());
        assertThat(revived.getString("status")).isIn("queued", "running");
        assertThat(revived.isNull("error")).isTrue();
        assertThat(revived.isNull("ended_at")).isTrue();
        var ended = CALLER.succeeded(id);
        assertThat(ended.getInt("attempts")).isEqualTo(2);
        assertThat(ended.getString("created_at")).isEqualTo(dead.getString("created_at"));
        assertThat(upstream.requests()).hasSize(4);
    }

    @Test
    void onlyFailedAndDeadJobsCanBeRetried() throws Exception {
        upstream.answer(
                Script.error(401, "authentication_error", "no"),
                Wire.helloScript(),
                Wire.begun().stall());
        String id = CALLER.accepted(JOB);
        CALLER.await(id, "failed");
        CALLER.retry(id);
        CALLER.succeeded(id);
        String running = CALLER.accepted(JOB);
        CALLER.await(running, "running");

        assertThat(Api.assertError(CALLER.retry(id), 409, "conflict_error").getString("message"))
                .contains(id, "succeeded");
        Api.assertError(CALLER.retry(running), 409, "conflict_error");
        CALLER.cancel(running);
        Api.assertError(CALLER.retry(running), 409, "conflict_error");
        assertThat(upstream.requests()).hasSize(3);
    }

    // Lists.

    @Test
    void jobsAreListedNewestFirstInPages() throws Exception {
        upstream.otherwise(request -> Wire.helloScript());
        var ids = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            ids.add(0, CALLER.accepted(JOB));
        }
        for (String id : ids) {
            CALLER.succeeded(id);
        }

        var page = CALLER.read("?limit=2");
        assertThat(JobCaller.idsOf(page)).isEqualTo(ids.subList(0, 2));
        assertThat(page.getBoolean("has_more")).isTrue();
        assertThat(page.getString("first_id")).isEqualTo(ids.get(0));
        assertThat(page.getString("last_id")).isEqualTo(ids.get(1));
        assertThat(CALLER.ids("?limit=2&after_id=" + ids.get(1))).isEqualTo(ids.subList(2, 4));
        var before = CALLER.read("?limit=2&before_id=" + ids.get(2));
        assertThat(JobCaller.idsOf(before)).isEqualTo(ids.subList(0, 2));
        assertThat(before.getBoolean("has_more")).isFalse();
        assertThat(page.getJsonArray("data").getValuesAs(JsonObject.class)).allSatisfy(job -> {
            assertThat(job).doesNotContainKey("message");
            assertThat(job.keySet()).hasSize(JobCaller.FIELDS.size() - 1).isSubsetOf(JobCaller.FIELDS);
        });
    }

    @Test
    void jobsCanBeListedByStatus() throws Exception {
        upstream.answer(
                Script.error(400, "invalid_request_error", "no"),
                Wire.helloScript(),
                Wire.begun().stall());
        String failed = CALLER.accepted(JOB);
        CALLER.await(failed, "failed");
        String succeeded = CALLER.accepted(JOB);
        CALLER.succeeded(succeeded);
        String running = CALLER.accepted(JOB);
        CALLER.await(running, "running");

        assertThat(CALLER.ids("?status=running")).containsExactly(running);
        assertThat(CALLER.ids("?status=queued")).isEmpty();
        assertThat(CALLER.ids("?status=succeeded&limit=1000"))
                .startsWith(succeeded)
                .doesNotContain(failed, running);
        assertThat(CALLER.ids("?status=failed&limit=1000")).startsWith(failed).doesNotContain(succeeded, running);
        CALLER.cancel(running);
        assertThat(CALLER.ids("?status=canceled&limit=1")).containsExactly(running);
    }

    // Idempotency-Key.

    @Test
    void aRepeatedSubmissionReturnsTheSameJob() throws Exception {
        upstream.answer(Wire.helloScript());
        String id = CALLER.accepted(JOB, "idempotency-key", "it-again");
        CALLER.succeeded(id);

        var again = CALLER.submit(JOB, "idempotency-key", "it-again");
        var waited = CALLER.submit(JOB, "idempotency-key", "it-again", "prefer", "wait=60");

        assertThat(again.statusCode()).isEqualTo(202);
        assertThat(Api.json(again.body())).isEqualTo(CALLER.job(id));
        assertThat(waited.statusCode()).isEqualTo(200);
        assertThat(Api.json(waited.body())).isEqualTo(CALLER.job(id));
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void theKeyOfAnotherJobIsRejected() throws Exception {
        upstream.answer(Wire.helloScript());
        String id = CALLER.accepted(JOB, "idempotency-key", "it-other");
        CALLER.succeeded(id);
        var newest = CALLER.newest();

        for (String other : List.of(
                submission(Api.body(false, "\"system\":\"x\"")), submission(Api.body(false), "\"metadata\":{}"))) {
            var error =
                    Api.assertError(CALLER.submit(other, "idempotency-key", "it-other"), 400, "invalid_request_error");
            assertThat(error.getString("message")).contains("Idempotency-Key", id);
        }
        assertThat(CALLER.newest()).isEqualTo(newest);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void concurrentSubmissionsWithOneKeyAreOneJob() throws Exception {
        upstream.otherwise(request -> Wire.helloScript());
        var jobs = CALLER.ids("?limit=1000");

        var submissions = IntStream.range(0, 20)
                .mapToObj(i -> CALLER.submitAsync(JOB, "idempotency-key", "it-at-once"))
                .toList();

        var ids = new HashSet<String>();
        for (var submission : submissions) {
            var response = submission.get(20, TimeUnit.SECONDS);
            assertThat(response.statusCode()).as(response::body).isEqualTo(202);
            ids.add(Api.json(response.body()).getString("id"));
        }
        assertThat(ids).hasSize(1);
        CALLER.succeeded(ids.iterator().next());
        assertThat(CALLER.ids("?limit=1000")).hasSize(jobs.size() + 1);
        assertThat(upstream.requests()).hasSize(1);
    }
}
