package io.github.claudejakarta.it.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.util.List;
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

/** Interrupted answers that are continued, as callers over HTTP see them. */
@ExtendWith(ArquillianExtension.class)
class RecoveryIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final String[] CONTINUE = {"stream-recovery", "continue"};
    private static final String REST = Wire.START + Wire.text("lo") + Wire.STOP;

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.read-timeout=PT2S",
                "claude.log.format=json",
                "claude.job.backoff=PT0.1S",
                FaultTolerance.NO_RETRIES,
                FaultTolerance.NO_BREAKER);
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
    void recoveryIsOffByDefault() throws Exception {
        upstream.answer(Wire.begun().cut());

        var response = Api.message();

        assertThat(SseEvent.parse(response.body()))
                .filteredOn(SseEvent::isTerminal)
                .extracting(SseEvent::name)
                .containsExactly("error");
        assertThat(upstream.requests()).hasSize(1);
        assertThat(Api.stream(Api.streamId(response))).doesNotContainKey("recoveries");
    }

    @Test
    void aHeaderEnablesRecovery() throws Exception {
        upstream.answer(Wire.begun().cut(), Script.sseHead().write(REST));

        var response = Api.message(CONTINUE);

        var events = SseEvent.parse(response.body());
        assertThat(events)
                .filteredOn(SseEvent::isTerminal)
                .extracting(SseEvent::name)
                .containsExactly("message_stop");
        assertThat(response.body()).contains("\n\n: recovered after 2: api_error\n\nevent: content_block_delta\n");
        JsonObject stream = Api.stream(Api.streamId(response));
        assertThat(stream.getString("status")).isEqualTo("completed");
        assertThat(stream.getJsonObject("message")
                        .getJsonArray("content")
                        .getJsonObject(0)
                        .getString("text"))
                .isEqualTo("Hello");
        assertThat(stream.getJsonArray("recoveries").toString())
                .isEqualTo(
                        "[{\"after\":2,\"reason\":\"api_error\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}]");
        assertThat(stream.getJsonObject("message").getJsonObject("usage").toString())
                .isEqualTo("{\"input_tokens\":6,\"output_tokens\":6}");
    }

    @Test
    void anUninterruptedStreamHasAnEmptyListOfRecoveries() throws Exception {
        upstream.answer(Wire.helloScript());

        var response = Api.message(CONTINUE);

        assertThat(response.body()).as("byte for byte").isEqualTo(Wire.hello());
        assertThat(Api.stream(Api.streamId(response)).getJsonArray("recoveries"))
                .isEmpty();
    }

    /** The header is for this server only. */
    @Test
    void theHeaderIsNotForwarded() throws Exception {
        upstream.answer(Wire.helloScript());

        Api.message(CONTINUE);

        assertThat(upstream.takeRequest().header("stream-recovery")).isEmpty();
    }

    /** The query of a request selects the API that answers it, as {@code ?beta=true} of official SDKs does. */
    @Test
    void aContinuationHasTheQueryOfTheRequest() throws Exception {
        upstream.answer(Wire.begun().cut(), Script.sseHead().write(REST));

        Api.post("/v1/messages?beta=true", Api.body(true), CONTINUE);

        assertThat(upstream.requests())
                .extracting(ReceivedRequest::target)
                .containsExactly("/v1/messages?beta=true", "/v1/messages?beta=true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/messages", "/v1/streams"})
    void otherHeaderValuesAreRejected(String path) throws Exception {
        var error = Api.assertError(
                Api.post(path, Api.body(true), "stream-recovery", "always"), 400, "invalid_request_error");

        assertThat(error.getString("message")).isEqualTo("stream-recovery: Input should be 'continue' or 'off'");
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void silenceIsAnInterruption() throws Exception {
        upstream.answer(Wire.begun().stall(), Script.sseHead().write(REST));

        JsonObject stream = Api.endedStream(Api.startStream(CONTINUE));

        assertThat(stream.getString("status")).isEqualTo("completed");
        assertThat(stream.getJsonArray("recoveries").getJsonObject(0).getString("reason"))
                .isEqualTo("timeout_error");
    }

    @Test
    void watchersSeeTheRecoveryAndResumeAcrossIt() throws Exception {
        upstream.answer(
                Wire.begun().event("error", Script.errorBody("overloaded_error", "Overloaded")),
                Script.sseHead().write(REST));
        String id = Api.startStream(CONTINUE);
        Api.endedStream(id);

        String all = Api.send(Api.watching(id)).body();
        String rest = Api.send(Api.watching(id, "last-event-id", "2")).body();
        String later = Api.send(Api.watching(id, "last-event-id", "3")).body();

        assertThat(all).containsOnlyOnce("recovered after 2: overloaded_error");
        assertThat(rest).containsOnlyOnce("recovered after 2: overloaded_error");
        assertThat(later).doesNotContain("recovered");
        assertThat(SseEvent.parse(all)).extracting(SseEvent::id).containsExactly("0", "1", "2", "3", "4", "5", "6");
        assertThat(Api.send(Api.request("/v1/streams/" + id, "accept", "text/plain"))
                        .body())
                .isEqualTo("Hello");
    }

    @Test
    void answersThatCannotBeContinuedEndWithTheirError() throws Exception {
        String tool = Wire.START
                + Wire.text("Hm")
                + Wire.frame("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}")
                + Wire.frame(
                        "content_block_start",
                        "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\","
                                + "\"name\":\"n\",\"input\":{}}}");
        upstream.answer(Script.sseHead().write(tool).cut());

        var events = SseEvent.parse(Api.message(CONTINUE).body());

        assertThat(events)
                .filteredOn(SseEvent::isTerminal)
                .extracting(SseEvent::name)
                .containsExactly("error");
        assertThat(upstream.requests()).hasSize(1);
    }

    /** Both requests were paid for. */
    @Test
    void theLogHasTheUsageOfBothRequests() throws Exception {
        upstream.answer(Wire.begun().cut(), Script.sseHead().write(REST));

        String id = Api.streamId(Api.message(CONTINUE));

        Api.await(
                "the line of the request",
                () -> LOG.text().lines().anyMatch(one -> one.contains(id) && one.contains("input_tokens")));
        String line = LOG.text()
                .lines()
                .filter(one -> one.contains(id) && one.contains("input_tokens"))
                .findFirst()
                .orElseThrow();
        JsonObject fields = Api.json(line.substring(line.indexOf('{')));
        assertThat(fields.getInt("input_tokens")).isEqualTo(6);
        assertThat(fields.getInt("output_tokens")).isEqualTo(6);
        assertThat(fields.getInt("attempts")).isEqualTo(2);
        assertThat(fields).doesNotContainKey("error");
        assertThat(LOG.text()).contains(id + " broke off after event 2 and continues: api_error");
    }

    @Test
    void jobsAreContinuedByDefault() throws Exception {
        var jobs = JobCaller.ofServer();
        upstream.answer(Wire.begun().cut(), Script.sseHead().write(REST));

        var job = jobs.succeeded(jobs.accepted("{\"request\":" + Api.body(false) + "}"));

        assertThat(JobCaller.text(job)).isEqualTo("Hello");
        assertThat(job.getInt("attempts")).isEqualTo(1);
        assertThat(job.getJsonObject("message").getJsonObject("usage").getInt("output_tokens"))
                .isEqualTo(6);
        assertThat(Api.stream(job.getString("stream_id")).getJsonArray("recoveries"))
                .hasSize(1);
    }

    @Test
    void aJobCanDisableRecovery() throws Exception {
        var jobs = JobCaller.ofServer();
        upstream.answer(Wire.begun().cut(), Wire.helloScript());
        String job = "{\"request\":" + Api.body(false) + "}";

        var response = Api.post("/v1/jobs", job, "stream-recovery", "off", "anthropic-beta", "one");

        var ended = jobs.succeeded(Api.json(response.body()).getString("id"));
        assertThat(ended.getInt("attempts")).isEqualTo(2);
        assertThat(Api.stream(ended.getString("stream_id"))).doesNotContainKey("recoveries");
        assertThat(upstream.takeRequest().header("anthropic-beta")).contains("one");
        assertThat(upstream.takeRequest().header("stream-recovery")).isEmpty();
        Api.assertError(Api.post("/v1/jobs", job, "stream-recovery", "perhaps"), 400, "invalid_request_error");
    }

    @Test
    void aWatcherFromTheBeginningReadsOneMessage() throws Exception {
        upstream.answer(
                Wire.begun().cut(),
                Wire.begun().cut(),
                Script.sseHead().write(Wire.START + Wire.text(" there") + Wire.STOP));

        var created = Api.startStream(CONTINUE);

        List<SseEvent> events = Api.events(created);
        assertThat(events).extracting(SseEvent::name).containsOnlyOnce("message_start", "message_stop");
        assertThat(Api.stream(created)
                        .getJsonObject("message")
                        .getJsonArray("content")
                        .getJsonObject(0)
                        .getString("text"))
                .isEqualTo("HelHel there");
    }
}
