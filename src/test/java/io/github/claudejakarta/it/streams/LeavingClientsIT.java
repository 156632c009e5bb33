package io.github.claudejakarta.it.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.Nginx;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.github.claudejakarta.upstream.TrustingTls;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that leave before the first byte of their response, and clients that stay. Only the detection of departures
 * ends their requests within these tests: without a heartbeat the server waits for two minutes or more.
 */
@ExtendWith(ArquillianExtension.class)
class LeavingClientsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    @RegisterExtension
    static final Nginx NGINX = new Nginx();

    private static final int CONNECTIONS = 3;
    private static final int ENOUGH_FOR_THE_BREAKER = 4;
    private static final JobCaller JOBS = JobCaller.ofServer();
    private static final String BATCHES = "/v1/messages/batches";
    private static final Script SILENCE = Script.nothing().stall();
    private static final String REFUSED_FOR_LONG = "retry-after: 50";

    private static final String RESULT =
            "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":" + Wire.MESSAGE + "}}\n";
    /** A message batch that has ended. */
    private static final String MESSAGE_BATCH = """
        {"id":"msgbatch_it","type":"message_batch","processing_status":"ended","request_counts":{"processing":0,"succeeded":1,"errored":0,"canceled":0,\
        "expired":0},"created_at":"%1$s","expires_at":"%1$s","ended_at":"%1$s","cancel_initiated_at":null,"archived_at":null,\
        "results_url":"https://api.anthropic.com/v1/messages/batches/msgbatch_it/results"}""";

    private static ScriptedUpstream upstream;

    /** The position in the log at the beginning of the test. */
    private int logged;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.stream.heartbeat=PT0.5S",
                "claude.log.format=json",
                "claude.pool.max-connections=" + CONNECTIONS,
                "claude.job.recovery=off",
                "claude.batch.poll-interval=PT0.05S",
                FaultTolerance.key("CircuitBreaker/requestVolumeThreshold=" + ENOUGH_FOR_THE_BREAKER));
    }

    @BeforeAll
    static void startUpstream() throws Exception {
        upstream = ScriptedUpstream.startForServer();
        Api.warmUp(upstream);
    }

    @AfterAll
    static void closeUpstream() throws Exception {
        JOBS.cancelAll();
        ManagedBatches.deleteAll();
        upstream.close();
        assertThat(LOG.text()).as("a failure that Liberty recorded").doesNotContain("FFDC1015I");
    }

    @BeforeEach
    void forget() throws Exception {
        upstream.forget();
        logged = LOG.text().length();
    }

    @AfterEach
    void allResourcesAreReleased() throws Exception {
        Api.await(
                "connections to Claude that are in use",
                () ->
                        Api.json(Api.get("/health/ready").body())
                                .getJsonArray("checks")
                                .getValuesAs(JsonObject.class)
                                .stream()
                                .map(check -> check.getJsonObject("data"))
                                .anyMatch(data -> data != null
                                        && data.containsKey("connections-in-use")
                                        && data.get("connections-in-use")
                                                .toString()
                                                .equals("0")));
    }

    // Ways to leave.

    @ParameterizedTest
    @EnumSource(LeavingClient.Way.class)
    void aDepartureEndsTheRequestToClaude(LeavingClient.Way way) throws Exception {
        upstream.answer(SILENCE);

        ReceivedRequest request = leaveAfter(way, "POST", "/v1/messages", Api.body(false));

        assertIsCut(request);
        assertThat(upstream.requests()).hasSize(1);
        JsonObject line = line("/v1/messages");
        assertThat(line.getInt("status")).isEqualTo(499);
        assertThat(line.getString("error")).isEqualTo("canceled");
        assertThat(line.getInt("attempts")).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSES", "CLOSES_TLS"})
    void aDepartureBeforeTheFirstEventEndsTheRequestToClaude(LeavingClient.Way way) throws Exception {
        upstream.answer(Script.sseHead().write(Wire.PING).stall());

        assertIsCut(leaveAfter(way, "POST", "/v1/messages", Api.body(true)));

        JsonObject line = line("/v1/messages");
        assertThat(line.getInt("status")).isEqualTo(499);
        assertThat(line.getString("error")).isEqualTo("canceled");
        assertThat(line).doesNotContainKey("stream_id");
    }

    @Test
    void aDepartureBehindNginxIsDetected(@TempDir Path directory) throws Exception {
        int port = ServerProcess.freePort();
        NGINX.start(
                directory,
                "server { listen 127.0.0.1:" + port + "; location / { proxy_pass " + Api.SERVER + "; } }",
                port);
        upstream.answer(SILENCE);
        // nginx sends the name of the server as Host.
        LeavingClient client =
                new LeavingClient(LeavingClient.Way.CLOSES, port).request("POST", "/v1/messages", Api.body(false));
        ReceivedRequest request = upstream.takeRequest();

        client.leave();

        assertIsCut(request);
    }

    // Kinds of requests.

    @ParameterizedTest
    @CsvSource({
        "GET,/v1/models,",
        "GET,/v1/models/claude-opus-5-5,",
        "POST,/v1/messages/count_tokens,body",
        "GET,/v1/messages/batches,",
        "GET,/v1/messages/batches/msgbatch_1,",
        "GET,/v1/messages/batches/msgbatch_1/results,",
        "HEAD,/v1/messages/batches/msgbatch_1/results,"
    })
    void aDepartureEndsOtherCalls(String method, String path, String body) throws Exception {
        upstream.answer(SILENCE);

        assertIsCut(leaveAfter(LeavingClient.Way.CLOSES, method, path, body == null ? "" : Api.body(false)));

        assertThat(line(path).getInt("status")).isEqualTo(499);
        assertThat(line(path).getString("error")).isEqualTo("canceled");
    }

    @Test
    void aDownloadEndsBeforeItsFirstByteEvenIfClaudeHasBegunIt() throws Exception {
        upstream.answer(Script.chunked(200, "content-type: application/x-jsonl").stall());

        assertIsCut(leaveAfter(LeavingClient.Way.CLOSES, "GET", BATCHES + "/msgbatch_1/results", ""));

        assertThat(line(BATCHES + "/msgbatch_1/results").getString("error")).isEqualTo("canceled");
    }

    @ParameterizedTest
    @CsvSource({"POST,/v1/messages", "POST,/v1/messages/batches", "DELETE,/v1/messages/batches/msgbatch_1"})
    void noRequestIsRetriedForAClientThatHasLeft(String method, String path) throws Exception {
        upstream.answer(Script.error(429, "rate_limit_error", "Later", REFUSED_FOR_LONG));

        leaveAfter(LeavingClient.Way.CLOSES, method, path, method.equals("DELETE") ? "" : Api.body(false));

        assertThat(line(path).getInt("status")).isEqualTo(499);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aDepartureReleasesThePlaceInTheQueueForConnections() throws Exception {
        var barrier = new Barrier();
        upstream.otherwise(request -> Script.nothing().pause(barrier).write(whole("{}")));
        List<CompletableFuture<HttpResponse<String>>> staying = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            staying.add(Api.sendAsync(Api.request("/v1/models")));
            upstream.takeRequest();
        }

        new LeavingClient(LeavingClient.Way.CLOSES)
                .request("POST", "/v1/messages", Api.body(false))
                .leave();

        JsonObject line = line("/v1/messages");
        assertThat(line.getInt("status")).isEqualTo(499);
        barrier.release();
        for (CompletableFuture<HttpResponse<String>> one : staying) {
            assertThat(one.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
        assertThat(upstream.requests()).hasSize(CONNECTIONS);
    }

    /**
     * If the creation of a batch was interrupted, a batch could exist and cost money without anybody knowing its id.
     */
    @ParameterizedTest
    @CsvSource({
        "POST,/v1/messages/batches",
        "POST,/v1/messages/batches/msgbatch_1/cancel",
        "DELETE,/v1/messages/batches/msgbatch_1"
    })
    void requestsThatChangeDataAtClaudeAreCompleted(String method, String path) throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.nothing().pause(barrier).write(whole("{}")));
        ReceivedRequest request =
                leaveAfter(LeavingClient.Way.CLOSES, method, path, path.equals(BATCHES) ? "{\"requests\":[]}" : "");

        awaitDepartures();
        assertThat(request.clientGone()).isNotDone();
        barrier.release();

        JsonObject line = line(path);
        assertThat(line.getInt("status")).isEqualTo(499);
        assertThat(line.getString("upstream_request_id")).isEqualTo("req_done");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDepartureEndsTheDownloadOfResults(boolean hasBegunUpstream) throws Exception {
        String batch = MESSAGE_BATCH.formatted(Instant.now());
        upstream.at(BATCHES, request -> Script.json(200, batch));
        upstream.at(BATCHES + "/msgbatch_it", request -> Script.json(200, batch));
        upstream.at(
                BATCHES + "/msgbatch_it/results",
                request ->
                        Script.chunked(200, "content-type: application/x-jsonl").write(RESULT));
        String id = Api.json(ManagedBatches.submit("application/x-ndjson", ManagedBatches.item("a", Api.PROMPT))
                        .body())
                .getString("id");
        assertThat(ManagedBatches.ended(id).getString("status")).isEqualTo("ended");
        upstream.forget();
        upstream.answer(
                hasBegunUpstream
                        ? Script.chunked(200, "content-type: application/x-jsonl")
                                .stall()
                        : SILENCE);

        assertIsCut(leaveAfter(LeavingClient.Way.CLOSES, "GET", "/v1/batches/" + id + "/results", ""));

        JsonObject line = line("/v1/batches/" + id + "/results");
        assertThat(line.getString("error")).isEqualTo("canceled");
        assertThat(line.getInt("status")).isEqualTo(hasBegunUpstream ? 200 : 499);
        assertThat(upstream.requests()).hasSize(1);
        ManagedBatches.deleteAll();
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/plain"})
    void aJobContinuesWithoutItsWaitingClient(String accept) throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        LeavingClient client = new LeavingClient(LeavingClient.Way.CLOSES)
                .request(
                        "POST",
                        "/v1/jobs",
                        JobCaller.submission(Api.body(false)),
                        "Prefer: wait=300",
                        "Accept: " + accept);
        barrier.awaitReached();

        client.leave();

        JsonObject line = line("/v1/jobs");
        assertThat(line.getInt("status")).isEqualTo(499);
        String job = line.getString("created_id");
        assertThat(JOBS.job(job).getString("status")).isEqualTo("running");
        new LeavingClient(LeavingClient.Way.CLOSES_TLS)
                .request("GET", "/v1/jobs/" + job, "", "Prefer: wait=300")
                .leave();
        assertThat(line("/v1/jobs/" + job, "\"status\":499").getString("error")).isEqualTo("canceled");
        barrier.release();
        JOBS.await(job, "succeeded");
    }

    @Test
    void aStreamContinuesWithoutTheReaderOfItsText() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().pause(barrier).write(Wire.hello()));
        String id = Api.startStream();
        barrier.awaitReached();

        new LeavingClient(LeavingClient.Way.CLOSES)
                .request("GET", "/v1/streams/" + id, "", "Accept: text/plain")
                .leave();

        assertThat(line("/v1/streams/" + id).getInt("status")).isEqualTo(499);
        barrier.release();
        assertThat(Api.endedStream(id).getString("status")).isEqualTo("completed");
    }

    /** The events contain no text, so no write can fail and reveal the departure. */
    @Test
    void theDepartureOfATextReaderIsDetectedBeforeTheFirstByte() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().write(Wire.START).pause(barrier).write(Wire.text("Hel") + Wire.STOP));
        String id = Api.startStream();
        barrier.awaitReached();
        var client = new LeavingClient(LeavingClient.Way.CLOSES)
                .request("GET", "/v1/streams/" + id, "", "Accept: text/plain");
        Api.await("the reader", () -> Api.stream(id).getInt("subscribers") == 1);

        client.leave();

        Api.await("the departure", () -> Api.stream(id).getInt("subscribers") == 0);
        barrier.release();
        assertThat(Api.endedStream(id).getString("status")).isEqualTo("completed");
    }

    // Clients that stay.

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPipeliningClientGetsBothResponses(boolean isOverTls) throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.nothing().pause(barrier).write(whole(Wire.MESSAGE)), Wire.messageScript());
        try (RawClient client = isOverTls
                ? RawClient.over(TrustingTls.context()
                        .getSocketFactory()
                        .createSocket("localhost", Integer.getInteger("it.https.port")))
                : RawClient.connect()) {
            client.request("POST", "/v1/messages", Api.body(false));
            barrier.awaitReached();
            client.request("POST", "/v1/messages", Api.body(false));

            awaitDepartures();
            barrier.release();

            assertThat(client.readUntil("end_turn")).startsWith("HTTP/1.1 200");
            assertThat(client.readUntil("end_turn")).contains("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSilentClientGetsItsAnswer(boolean isStreamed) throws Exception {
        var barrier = new Barrier();
        upstream.answer(
                isStreamed
                        ? Script.sseHead().pause(barrier).write(Wire.hello())
                        : Script.nothing().pause(barrier).write(whole(Wire.MESSAGE)));
        var answer = Api.sendAsync(Api.posting("/v1/messages", Api.body(isStreamed)));
        barrier.awaitReached();

        awaitDepartures();
        barrier.release();

        assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo(isStreamed ? Wire.hello() : Wire.MESSAGE);
    }

    /** Departures are failures neither of Claude nor of the server. */
    @Test
    void departuresDoNotOpenTheCircuitBreaker() throws Exception {
        for (int i = 0; i < ENOUGH_FOR_THE_BREAKER + 1; i++) {
            upstream.answer(SILENCE);
            assertIsCut(leaveAfter(LeavingClient.Way.RESETS, "POST", "/v1/messages", Api.body(i % 2 == 0)));
        }
        upstream.answer(Wire.messageScript());

        assertThat(Api.post("/v1/messages", Api.body(false)).statusCode()).isEqualTo(200);
    }

    private ReceivedRequest leaveAfter(LeavingClient.Way way, String method, String path, String body)
            throws Exception {
        LeavingClient client = new LeavingClient(way).request(method, path, body);
        ReceivedRequest request = upstream.takeRequest();
        client.leave();
        return request;
    }

    /** Waits until the departure of a client that leaves now is detected, and therefore all earlier departures too. */
    private void awaitDepartures() throws Exception {
        upstream.at("/v1/messages/count_tokens", request -> SILENCE);
        ReceivedRequest request;
        LeavingClient client = new LeavingClient(LeavingClient.Way.CLOSES)
                .request("POST", "/v1/messages/count_tokens", Api.body(false));
        do {
            request = upstream.takeRequest();
        } while (!request.path().endsWith("count_tokens"));
        client.leave();
        assertIsCut(request);
    }

    /**
     * Asserts that the request is cut within two heartbeats of half a second. The rest of the time is for a busy
     * machine.
     */
    private static void assertIsCut(ReceivedRequest request) throws Exception {
        assertThat(request.clientGone().get(10, TimeUnit.SECONDS)).isNotNull();
    }

    private static String whole(String body) {
        return "HTTP/1.1 200 OK\r\nconnection: close\r\nrequest-id: req_done\r\ncontent-type: application/json\r\ncontent-length: "
                + body.length() + "\r\n\r\n" + body;
    }

    /** Waits for the first log line of a request to this path that contains all of these parts. */
    private JsonObject line(String path, String... parts) throws Exception {
        List<String> all = Stream.concat(Stream.of("\"path\":\"" + path + "\""), Stream.of(parts))
                .toList();
        Api.await("a line of " + path, () -> lines(all).findFirst().isPresent());
        String line = lines(all).findFirst().orElseThrow();
        return Api.json(line.substring(line.indexOf("{\"method\"")));
    }

    private Stream<String> lines(List<String> parts) throws IOException {
        return LOG.text()
                .substring(logged)
                .lines()
                .filter(line -> parts.stream().allMatch(line::contains));
    }
}
