package io.github.claudejakarta.it.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.Spellings;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Claude receives the bytes that the caller wrote, on each path of a request. */
@ExtendWith(ArquillianExtension.class)
class VerbatimRequestsIT {

    private static final String BATCHES = "/v1/messages/batches";
    private static final String STREAM = Spellings.requestWithAll(true);
    private static final String MESSAGE = Spellings.requestWithAll(false);
    private static final AtomicInteger COUNT = new AtomicInteger();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings("claude.batch.poll-interval=PT0.1S");
    }

    @BeforeAll
    static void startUpstream() {
        upstream = ScriptedUpstream.startForServer();
    }

    @AfterAll
    static void closeUpstream() throws Exception {
        ManagedBatches.deleteAll();
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
        upstream.at(BATCHES, request -> messageBatch("msgbatch_" + COUNT.incrementAndGet()));
        upstream.otherwise(VerbatimRequestsIT::ofMessageBatch);
    }

    private static Script ofMessageBatch(ReceivedRequest request) {
        String[] path = request.target().split("/");
        return path[path.length - 1].equals("results")
                ? Script.json(200, "{\"custom_id\":\"a\",\"result\":{\"type\":\"canceled\"}}\n")
                : messageBatch(path[path.length - 1]);
    }

    private static Script messageBatch(String id) {
        return Script.json(200, """
            {"id":"%s","type":"message_batch","processing_status":"ended","created_at":"2026-01-01T00:00:00Z",\
            "request_counts":{"processing":0,"succeeded":0,"errored":0,"canceled":1,"expired":0},"results_url":"x"}""".formatted(id));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/messages", "/v1/streams"})
    void ofAStream(String path) throws Exception {
        upstream.answer(Wire.helloScript());

        assertThat(Api.post(path, STREAM).statusCode()).isLessThan(300);

        assertThat(upstream.takeRequest().text()).isEqualTo(STREAM);
    }

    @Test
    void ofAMessage() throws Exception {
        upstream.answer(Wire.messageScript());

        assertThat(Api.post("/v1/messages", MESSAGE).statusCode()).isEqualTo(200);

        assertThat(upstream.takeRequest().text()).isEqualTo(MESSAGE);
    }

    @Test
    void ofAJob() throws Exception {
        upstream.answer(Wire.helloScript());

        JobCaller.ofServer().succeeded(JobCaller.ofServer().accepted(JobCaller.submission(STREAM)));

        assertThat(upstream.takeRequest().text()).isEqualTo(STREAM);
    }

    @Test
    void ofABatch() throws Exception {
        String item = "{ \"custom_id\":\"a\" , \"params\":" + MESSAGE + "}";

        JsonObject batch = Api.json(ManagedBatches.submit("application/json", "{ \"requests\" : [ " + item + " ] }")
                .body());
        ManagedBatches.ended(batch.getString("id"));

        assertThat(created().text()).isEqualTo("{\"requests\":[" + item + "]}");
    }

    @Test
    void ofABatchInLines() throws Exception {
        String item = "{ \"custom_id\":\"a\" , \"params\":"
                + MESSAGE.replace("\r\n", " ").replace('\n', ' ') + "}";

        JsonObject batch =
                Api.json(ManagedBatches.submit("application/x-ndjson", item).body());
        ManagedBatches.ended(batch.getString("id"));

        assertThat(created().text()).isEqualTo("{\"requests\":[" + item + "]}");
    }

    @Test
    void ofAMessageBatch() throws Exception {
        String body = "{ \"requests\" : [ { \"custom_id\":\"a\" , \"params\":" + MESSAGE + "} ] }";

        assertThat(Api.post(BATCHES, body).statusCode()).isEqualTo(200);

        assertThat(created().text()).isEqualTo(body);
    }

    private static ReceivedRequest created() {
        return upstream.requests().stream()
                .filter(request ->
                        request.method().equals("POST") && request.target().equals(BATCHES))
                .findFirst()
                .orElseThrow();
    }
}
