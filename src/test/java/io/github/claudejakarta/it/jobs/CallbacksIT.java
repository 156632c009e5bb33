package io.github.claudejakarta.it.jobs;

import static io.github.claudejakarta.it.support.JobCaller.callback;
import static io.github.claudejakarta.it.support.JobCaller.submissionFor;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.Receiver;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.upstream.Script;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Callbacks, seen by their receivers and by clients that read the deliveries. Each test has its own path. */
@ExtendWith(ArquillianExtension.class)
class CallbacksIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings(
            "SIMULATOR|Callback msg_\\w+ of job_\\w+ to localhost is gone, failed attempts: 1, the last one: HTTP 410");

    private static final JobCaller CALLER = JobCaller.ofServer();
    private static final String BATCHES = "/v1/batches";
    private static final String SOON = "sim:batch_us=1000 events=1";
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);

    private static Receiver receiver;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.upstream=simulator",
                "claude.base-url=",
                "claude.api-key=",
                FaultTolerance.NO_BREAKER,
                FaultTolerance.NO_RETRIES,
                "claude.job.max-attempts=1",
                "claude.batch.poll-interval=PT0.05S",
                "claude.batch.max-poll-interval=PT0.1S",
                "claude.webhooks.secret=" + Receiver.SECRET + ", " + Receiver.NEXT_SECRET,
                "claude.webhooks.allowed-hosts=localhost",
                "claude.webhooks.timeout=PT2S");
    }

    @BeforeAll
    static void startReceiver() {
        receiver = new Receiver();
    }

    @AfterAll
    static void closeReceiver() throws Exception {
        CALLER.cancelAll();
        ManagedBatches.deleteAll();
        receiver.close();
    }

    private static String job(String prompt, String path) throws Exception {
        return CALLER.accepted(submissionFor(prompt, callback(receiver.url(path))));
    }

    // Content of callbacks.

    @Test
    void theEndOfAJobIsReportedWithASignature() throws Exception {
        String id = CALLER.accepted(
                submissionFor("Grüße 🎉", callback(receiver.url("/ended?a=b")), "\"metadata\":{\"case\":4711}"));

        var call = receiver.await("/ended");

        var job = CALLER.succeeded(id);
        var delivery = CALLER.delivery(id, one -> one.getString("status").equals("delivered"));
        assertThat(call.request().method()).isEqualTo("POST");
        assertThat(call.request().target()).isEqualTo("/ended?a=b");
        assertThat(call.request().header("content-type").orElse("")).startsWith("application/json");
        assertThat(call.request().header("user-agent")).contains("claude-jakarta");
        assertThat(call.request().headers().toString())
                .doesNotContainIgnoringCase("x-api-key", "authorization", "cookie");
        assertThat(call.payload().keySet()).containsExactly("type", "timestamp", "data");
        assertThat(call.payload().getString("type")).isEqualTo("job.succeeded");
        assertThat(Instant.parse(call.payload().getString("timestamp")))
                .isAfterOrEqualTo(Instant.parse(job.getString("ended_at")));
        assertThat(call.data()).isEqualTo(JobCaller.withoutCallback(job));
        assertThat(JobCaller.text(call.data())).contains("“Grüße 🎉”");
        assertThat(delivery.getString("id")).isEqualTo(call.id());
        assertThat(delivery.getString("event")).isEqualTo("job.succeeded");
        assertThat(delivery.getInt("attempts")).isEqualTo(1);
        assertThat(delivery.getInt("last_status")).isEqualTo(204);
        assertThat(delivery.isNull("next_attempt_at")).isTrue();
        assertThat(CALLER.job(id).getJsonObject("callback"))
                .isEqualTo(Api.json("{\"url\":\"" + receiver.url("/ended?a=b")
                        + "\",\"status\":\"delivered\",\"delivery_id\":\"" + call.id() + "\",\"attempts\":1}"));
        assertThat(receiver.calls("/ended")).hasSize(1);
    }

    @Test
    void aToolInputThatIsNotAJsonObjectIsSentWithTheMessage() throws Exception {
        String id = job("sim:events=1 tool_input=[1", "/tool");

        var data = receiver.await("/tool").data();

        assertThat(data.getJsonObject("message").getString("stop_reason")).isEqualTo("tool_use");
        assertThat(data.getJsonArray("unparsed_tool_inputs"))
                .singleElement()
                .satisfies(input ->
                        assertThat(input.asJsonObject().getString("text")).isEqualTo("[1"));
        assertThat(data).isEqualTo(JobCaller.withoutCallback(CALLER.job(id)));
    }

    @Test
    void eachSecretVerifiesTheSignature() throws Exception {
        job("sim:events=1", "/rotation");

        var call = receiver.await("/rotation");

        assertThat(call.isSignedWith(Receiver.SECRET)).isTrue();
        assertThat(call.isSignedWith(Receiver.NEXT_SECRET)).isTrue();
        assertThat(call.isSignedWith("whsec_" + "c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgb2YgMzIgYnl0ZXM="))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"sim:status=400,failed", "sim:status=529,dead", "sim:stall_at=1,canceled"})
    void everyOtherEndIsReported(String prompt, String status) throws Exception {
        String id = job(prompt, "/" + status);
        if (status.equals("canceled")) {
            CALLER.await(id, "running");
            CALLER.cancel(id);
        }

        var call = receiver.await("/" + status);

        assertThat(call.payload().getString("type")).isEqualTo("job." + status);
        assertThat(call.data()).isEqualTo(JobCaller.withoutCallback(CALLER.await(id, status)));
    }

    @Test
    void theEndOfARetriedJobIsReportedAgain() throws Exception {
        String id = job("sim:status=400 times=1 key=it-revived", "/revived");
        receiver.await("/revived");

        CALLER.retry(id);

        var calls = receiver.await("/revived", 2);
        assertThat(calls)
                .extracting(call -> call.payload().getString("type"))
                .containsExactly("job.failed", "job.succeeded");
        assertThat(calls).extracting(Receiver.Call::id).doesNotHaveDuplicates();
        CALLER.await(
                id, job -> job.getJsonObject("callback").getString("status").equals("delivered"));
        assertThat(CALLER.deliveries(id))
                .extracting(one -> one.getString("event"))
                .containsExactly("job.succeeded", "job.failed");
    }

    // Failures.

    @Test
    void aFailedCallbackIsRetriedWithTheSameId() throws Exception {
        receiver.answer(
                "/fails", Script.sized(9, 503, "content-type: text/plain").write("not\0today"));
        String id = job("sim:events=1", "/fails");

        var failed = CALLER.delivery(id, one -> one.getInt("attempts") == 1);
        var calls = receiver.await("/fails", 2);

        assertThat(failed.getString("status")).isEqualTo("pending");
        assertThat(failed.getInt("last_status")).isEqualTo(503);
        assertThat(failed.getString("last_answer")).isEqualTo("not today");
        assertThat(failed.isNull("ended_at")).isTrue();
        assertThat(Duration.between(
                        Instant.parse(failed.getString("last_attempt_at")),
                        Instant.parse(failed.getString("next_attempt_at"))))
                .isBetween(FIRST_PAUSE, FIRST_PAUSE.plusSeconds(10));
        assertThat(Duration.ofNanos(calls.get(1).nanos() - calls.get(0).nanos()))
                .isGreaterThan(FIRST_PAUSE);
        assertThat(calls).extracting(Receiver.Call::id).containsOnly(failed.getString("id"));
        assertThat(calls)
                .extracting(Receiver.Call::payload)
                .containsOnly(calls.get(0).payload());
        assertThat(calls).allMatch(call -> call.isSignedWith(Receiver.SECRET));
        var delivered = CALLER.delivery(id, one -> one.getString("status").equals("delivered"));
        assertThat(delivered.getInt("attempts")).isEqualTo(2);
        assertThat(delivered.getInt("last_status")).isEqualTo(204);
        assertThat(delivered.isNull("last_answer")).isTrue();
    }

    @Test
    void aReceiverThatHangsTimesOut() throws Exception {
        receiver.answer("/hangs", Script.nothing().stall());
        receiver.answer(
                "/drips", Script.nothing().write("HTTP/1.1 200 OK\r\n").drip("x-more: x\r\n", Duration.ofMillis(50)));

        var ids = List.of(job("sim:events=1", "/hangs"), job("sim:events=1", "/drips"));

        for (var call : List.of(receiver.await("/hangs"), receiver.await("/drips"))) {
            assertThat(call.request().clientGone().get(20, TimeUnit.SECONDS)).isNotNull();
        }
        for (String id : ids) {
            var delivery = CALLER.delivery(id, one -> one.getInt("attempts") == 1);
            assertThat(delivery.getString("status")).isEqualTo("pending");
            assertThat(delivery.isNull("last_status")).isTrue();
            assertThat(delivery.getString("last_answer")).isEqualTo("There was no answer within 2 s");
        }
    }

    @Test
    void noRedirectIsFollowed() throws Exception {
        receiver.answer(
                "/redirects",
                Receiver.status(302, "location: " + receiver.url("/elsewhere")),
                Receiver.status(307, "location: " + receiver.url("/elsewhere")));
        String id = job("sim:events=1", "/redirects");
        var first = CALLER.delivery(id, one -> one.getInt("attempts") == 1);
        CALLER.post("/" + id + "/deliveries/" + first.getString("id") + "/retry");

        var second = CALLER.delivery(id, one -> one.getInt("attempts") == 2);

        assertThat(first.getInt("last_status")).isEqualTo(302);
        assertThat(second.getInt("last_status")).isEqualTo(307);
        assertThat(second.getString("last_answer")).isEqualTo("Redirects are not followed");
        assertThat(second.getString("status")).isEqualTo("pending");
        assertThat(receiver.calls("/elsewhere")).isEmpty();
    }

    @Test
    void aReceiverThatAnswers410GetsNoMoreAttempts() throws Exception {
        receiver.answer("/gone", Receiver.status(410));
        String id = job("sim:events=1", "/gone");

        var gone = CALLER.delivery(id, one -> one.getString("status").equals("gone"));

        assertThat(gone.getInt("last_status")).isEqualTo(410);
        assertThat(gone.isNull("next_attempt_at")).isTrue();
        assertThat(gone.isNull("ended_at")).isFalse();
        assertThat(CALLER.job(id).getJsonObject("callback").getString("status")).isEqualTo("gone");
        // A manual retry is sent nevertheless.
        var again = CALLER.post("/" + id + "/deliveries/" + gone.getString("id") + "/retry");
        assertThat(again.statusCode()).as(again::body).isEqualTo(202);
        assertThat(Api.json(again.body()).getString("status")).isEqualTo("pending");
        CALLER.delivery(id, one -> one.getString("status").equals("delivered"));
        assertThat(receiver.calls("/gone"))
                .extracting(Receiver.Call::id)
                .containsExactly(gone.getString("id"), gone.getString("id"));
    }

    @Test
    void onlyTheBeginningOfALongResponseIsRead() throws Exception {
        var long10Mb = "x".repeat(10 << 20);
        receiver.answer("/long", Script.sized(long10Mb.length(), 200).write(long10Mb));
        receiver.answer("/long-refusal", Script.sized(long10Mb.length(), 500).write(long10Mb));

        var delivered = CALLER.delivery(
                job("sim:events=1", "/long"), one -> one.getString("status").equals("delivered"));
        var refused = CALLER.delivery(job("sim:events=1", "/long-refusal"), one -> one.getInt("attempts") == 1);

        assertThat(delivered.getInt("last_status")).isEqualTo(200);
        assertThat(refused.getInt("last_status")).isEqualTo(500);
        assertThat(refused.getString("last_answer")).isEqualTo("x".repeat(1_000));
    }

    // Manual retries.

    @Test
    void aDeliveredCallbackCanBeSentAgain() throws Exception {
        String id = job("sim:events=1", "/again");
        var delivered = CALLER.delivery(id, one -> one.getString("status").equals("delivered"));

        CALLER.post("/" + id + "/deliveries/" + delivered.getString("id") + "/retry");

        var calls = receiver.await("/again", 2);
        assertThat(calls).extracting(Receiver.Call::id).containsOnly(delivered.getString("id"));
        assertThat(calls)
                .extracting(call -> call.request().text())
                .containsOnly(calls.get(0).request().text());
        CALLER.delivery(id, one -> one.getString("status").equals("delivered") && one.getInt("attempts") == 2);
    }

    @Test
    void onlyDeliveriesOfTheJobCanBeSentAgain() throws Exception {
        String id = job("sim:events=1", "/own");
        String other = CALLER.accepted(submissionFor("sim:events=1"));
        var delivery = CALLER.delivery(id, one -> one.getString("status").equals("delivered"))
                .getString("id");
        CALLER.succeeded(other);

        Api.assertError(CALLER.post("/" + other + "/deliveries/" + delivery + "/retry"), 404, "not_found_error");
        Api.assertError(CALLER.post("/" + id + "/deliveries/msg_none/retry"), 404, "not_found_error");
        Api.assertError(CALLER.get("/" + id + "/deliveries?limit=x"), 400, "invalid_request_error");
        Api.assertError(CALLER.get("/" + id + "/deliveries?after_id=msg_none"), 400, "invalid_request_error");
        assertThat(CALLER.deliveries(other)).isEmpty();
        assertThat(CALLER.job(other).isNull("callback")).isTrue();
        assertThat(receiver.calls("/own")).hasSize(1);
    }

    // Batches.

    @Test
    void theEndOfABatchIsReportedWithASignature() throws Exception {
        String body =
                "{" + callback(receiver.url("/batch")) + ",\"requests\":[" + ManagedBatches.item("a", SOON) + "]}";
        var submitted = ManagedBatches.submit("application/json", body);
        assertThat(submitted.statusCode()).as(submitted::body).isEqualTo(202);
        var accepted = Api.json(submitted.body());
        String id = accepted.getString("id");
        assertThat(accepted.getJsonObject("callback").getString("status")).isEqualTo("waiting");

        var call = receiver.await("/batch");

        Api.await(
                "the delivery",
                () -> ManagedBatches.get(id)
                        .getJsonObject("callback")
                        .getString("status")
                        .equals("delivered"));
        var batch = ManagedBatches.get(id);
        assertThat(call.payload().getString("type")).isEqualTo("batch.ended");
        assertThat(call.data()).isEqualTo(JobCaller.withoutCallback(batch));
        assertThat(call.data().getString("results_url")).isEqualTo(Api.SERVER + BATCHES + "/" + id + "/results");
        var deliveries = Api.json(Api.get(BATCHES + "/" + id + "/deliveries").body());
        assertThat(JobCaller.idsOf(deliveries)).containsExactly(call.id());
        var again = Api.send(Api.posting(BATCHES + "/" + id + "/deliveries/" + call.id() + "/retry", ""));
        assertThat(again.statusCode()).as(again::body).isEqualTo(202);
        assertThat(receiver.await("/batch", 2)).extracting(Receiver.Call::id).containsOnly(call.id());
    }

    @Test
    void aBatchOfLinesHasItsUrlInTheQueryAndReportsEachEnd() throws Exception {
        String query = "?callback_url=" + URLEncoder.encode(receiver.url("/lines?x=y"), StandardCharsets.UTF_8);
        var submitted = ManagedBatches.submitTo(
                BATCHES + query,
                "application/x-ndjson",
                ManagedBatches.item("a", "sim:batch_us=1000 outcome=expired times=1 key=it-lines"));
        assertThat(submitted.statusCode()).as(submitted::body).isEqualTo(202);
        String id = Api.json(submitted.body()).getString("id");
        receiver.await("/lines");
        ManagedBatches.ended(id);

        ManagedBatches.post(id, "/resubmit");

        var calls = receiver.await("/lines", 2);
        assertThat(calls).extracting(Receiver.Call::id).doesNotHaveDuplicates();
        assertThat(calls)
                .extracting(call -> ManagedBatches.counts(call.data()))
                .containsExactly(List.of(0, 0, 0, 0, 1), List.of(0, 1, 0, 0, 0));
        assertThat(calls).extracting(call -> call.request().target()).containsOnly("/lines?x=y");
    }

    @ParameterizedTest
    @CsvSource({"https://127.0.0.1/", "http://8.8.8.8/", "nonsense"})
    void aBatchWithABadUrlIsNotStored(String url) throws Exception {
        var batches = ManagedBatches.ids();
        String item = ManagedBatches.item("a", SOON);

        var inBody = ManagedBatches.submit("application/json", "{\"requests\":[" + item + "]," + callback(url) + "}");
        var inQuery = ManagedBatches.submitTo(BATCHES + "?callback_url=" + url, "application/x-ndjson", item);

        for (var response : List.of(inBody, inQuery)) {
            assertThat(Api.assertError(response, 400, "invalid_request_error").getString("message"))
                    .startsWith("callback_url: ");
        }
        assertThat(ManagedBatches.ids()).isEqualTo(batches);
    }
}
