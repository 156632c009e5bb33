package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults of batches, as a client sees them. */
class BatchFaultTest {

    private final SettableClock clock = new SettableClock();
    private Simulator simulator;
    private BatchClient batches;

    @BeforeEach
    void start() throws Exception {
        simulator = Simulator.start(Thread::new, 0, Limits.DEFAULT, clock);
        batches = BatchClient.of(simulator);
    }

    @AfterEach
    void close() {
        simulator.close();
    }

    private int status(String id) throws Exception {
        return batches.poll(id).statusCode();
    }

    @Test
    void batchUsSetsTheTimeToTheEnd() throws Exception {
        var id = batches.create("sim:batch_us=20", "sim:batch_us=9000000");

        clock.advance(Duration.ofNanos(19_000));
        assertThat(batches.batch(id).getString("processing_status")).isEqualTo("in_progress");
        clock.advance(Duration.ofNanos(1_000));
        assertThat(batches.batch(id).getString("processing_status")).isEqualTo("ended");
    }

    @Test
    void aHiddenBatchIsFoundLater() throws Exception {
        var id = batches.create("sim:batch_hidden_us=1000000");

        assertThat(status(id)).isEqualTo(404);
        assertThat(batches.client().get(BatchClient.PATH).body()).doesNotContain(id);
        assertThat(simulator.batches()).containsExactly(id);
        clock.advance(Duration.ofSeconds(1));
        assertThat(status(id)).isEqualTo(200);
        assertThat(batches.client().get(BatchClient.PATH).body()).contains(id);
    }

    @Test
    void hiddenResultsAreFoundLater() throws Exception {
        var id = batches.create("sim:batch_us=1000000 batch_results_hidden_us=1000000");

        clock.advance(Duration.ofMillis(1_999));
        assertThat(batches.batch(id).getString("results_url")).endsWith("/results");
        assertThat(batches.results(id).statusCode()).isEqualTo(404);
        clock.advance(Duration.ofMillis(1));
        assertThat(batches.results(id).statusCode()).isEqualTo(200);
    }

    @Test
    void batchStatusRejectsTheCreation() throws Exception {
        var body = BatchClient.body(
                "sim:batch_status=529 retry_after=3 retry_after_ms=250 should_retry=false times=2 key=create");
        for (var time = 0; time < 2; time++) {
            var response = batches.post(body);
            assertThat(response.statusCode()).isEqualTo(529);
            assertThat(response.body()).contains("overloaded_error");
            assertThat(response.headers().firstValue("retry-after")).contains("3");
            assertThat(response.headers().firstValue("retry-after-ms")).contains("250");
            assertThat(response.headers().firstValue("x-should-retry")).contains("false");
        }
        assertThat(simulator.batches()).isEmpty();
        assertThat(batches.post(body).statusCode()).isEqualTo(200);
        assertThat(batches.post(BatchClient.body("sim:batch_status=429 error_type=billing_error"))
                        .body())
                .contains("billing_error");
        assertThat(simulator.batches()).hasSize(1);
    }

    @Test
    void aLostAnswerCreatesABatch() throws Exception {
        var body = BatchClient.body("sim:batch_lost=1 times=1 key=lost");

        assertThatThrownBy(() -> batches.post(body)).isInstanceOf(IOException.class);
        assertThat(simulator.batches()).hasSize(1);
        assertThat(batches.post(body).statusCode()).isEqualTo(200);
        assertThat(simulator.batches()).hasSize(2);
    }

    @Test
    void aLostRequestCreatesNoBatch() throws Exception {
        var body = BatchClient.body("sim:batch_lost=before times=1 key=lost");

        assertThatThrownBy(() -> batches.post(body)).isInstanceOf(IOException.class);
        assertThat(simulator.requests()).hasSize(1);
        assertThat(simulator.batches()).isEmpty();
        assertThat(batches.post(body).statusCode()).isEqualTo(200);
        assertThat(batches.post(BatchClient.body("sim:batch_lost=0")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aLateAnswerArrivesAfterTheBatchIsCreated() throws Exception {
        var start = System.nanoTime();
        try (var socket = posted("sim:batch_late_us=50000")) {
            assertThat(Client.readUntil(socket.getInputStream(), "\r\n")).contains(" 200 ");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(50));

        try (var socket = posted("sim:batch_late_us=600000000")) {
            while (simulator.batches().size() < 2) {
                Thread.onSpinWait();
            }
            assertThat(socket.getInputStream().available()).isZero();
        }
    }

    /** Sends a request, and does not wait for its answer. */
    private Socket posted(String directives) throws IOException {
        var body = BatchClient.body(directives).getBytes(StandardCharsets.UTF_8);
        var socket = new Socket("127.0.0.1", simulator.baseUri().getPort());
        socket.getOutputStream()
                .write(("POST " + BatchClient.PATH + " HTTP/1.1\r\nHost: x\r\nanthropic-version: 2023-06-01\r\n"
                                + "content-type: application/json\r\ncontent-length: " + body.length + "\r\n\r\n")
                        .getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().write(body);
        return socket;
    }

    @Test
    void aDownloadIsCutWithinALine() throws Exception {
        var id = batches.create(
                "sim:batch_us=0 batch_cut_at=2 cut_mode=fin times=1 key=cut events=1",
                "sim:events=1",
                "sim:events=1",
                "sim:events=1");
        var isBroken = new boolean[1];
        var part = Client.readAll(batches.openResults(id).body(), isBroken);
        var whole = batches.results(id).body();

        assertThat(isBroken[0]).isTrue();
        assertThat(part.lines()).hasSize(3);
        assertThat(part).doesNotEndWith("\n");
        assertThat(whole).startsWith(part);
        assertThat(whole.lines()).hasSize(4);
    }

    @Test
    void aDownloadIsResetInItsFirstLine() throws Exception {
        var id = batches.create("sim:batch_us=0 batch_cut_at=0", "sim:events=1");

        assertThatThrownBy(() -> batches.results(id)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> batches.results(id)).isInstanceOf(IOException.class);
        assertThat(batches.results(batches.create("sim:batch_us=0 batch_cut_at=1"))
                        .body()
                        .lines())
                .hasSize(1);
    }

    @Test
    void aDownloadStalls() throws Exception {
        var id = batches.create("sim:batch_us=0 batch_stall_at=1 times=1 key=stall", "sim:events=1", "sim:events=1");
        try (var socket = new Socket("127.0.0.1", simulator.baseUri().getPort())) {
            socket.getOutputStream()
                    .write(("GET " + BatchClient.PATH + "/" + id
                                    + "/results HTTP/1.1\r\nHost: x\r\nanthropic-version: 2023-06-01\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            socket.setSoTimeout((int) Client.LIMIT.toMillis());
            assertThat(Client.readUntil(socket.getInputStream(), "}\n{\"custom_id\""))
                    .contains("200 OK");
            socket.setSoTimeout(30);
            assertThatThrownBy(() -> socket.getInputStream().readAllBytes()).isInstanceOf(SocketTimeoutException.class);
        }
        assertThat(batches.lines(id)).hasSize(3);
    }

    @Test
    void batchPollStatusRejectsThePoll() throws Exception {
        var id = batches.create("sim:batch_us=0 batch_poll_status=503 retry_after=1 times=2 key=poll");

        assertThat(status(id)).isEqualTo(503);
        assertThat(batches.poll(id).headers().firstValue("retry-after")).contains("1");
        assertThat(status(id)).isEqualTo(200);
        assertThat(status(id)).isEqualTo(200);
    }

    @Test
    void eachDirectiveCountsItsTimesSeparately() throws Exception {
        var prompt =
                "sim:batch_us=0 batch_status=529 batch_lost=1 batch_poll_status=500 batch_cut_at=0 outcome=expired times=1 key=all";

        assertThat(batches.post(BatchClient.body(prompt)).statusCode()).isEqualTo(529);
        assertThatThrownBy(() -> batches.create(prompt)).isInstanceOf(IOException.class);
        var id = batches.create(prompt);
        assertThat(status(id)).isEqualTo(500);
        assertThat(status(id)).isEqualTo(200);
        assertThatThrownBy(() -> batches.results(id)).isInstanceOf(IOException.class);
        assertThat(batches.result(id, "c0").getString("type")).isEqualTo("expired");
        assertThat(batches.result(simulator.batches().get(1), "c0").getString("type"))
                .isEqualTo("succeeded");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "batch_ms=1",
                "batch_us=soon",
                "batch_late_us=-1",
                "batch_status=200",
                "batch_poll_status=600",
                "batch_lost=after",
                "batch_cut_at=x",
                "batch_stall_at=x",
                "outcome=lost",
                "cut_mode=slow",
                "evnts=1"
            })
    void aMisspelledDirectiveInTheFirstPromptIsRejectedImmediately(String directive) throws Exception {
        assertThat(batches.post(BatchClient.body("sim:" + directive)).statusCode())
                .isEqualTo(400);
        assertThat(batches.post(BatchClient.body("a", "sim:" + directive)).statusCode())
                .isEqualTo(200);
    }

    @Test
    void directivesOfABatchHaveNoEffectOnAMessage() throws Exception {
        assertThat(batches.client()
                        .post(Client.body("sim:batch_status=529 batch_lost=1 outcome=expired events=1", false))
                        .statusCode())
                .isEqualTo(200);
        var id = batches.create("sim:batch_us=0", "sim:batch_status=529 batch_cut_at=0");
        assertThat(batches.lines(id))
                .extracting(line -> line.getJsonObject("result").getString("type"))
                .isEqualTo(List.of("succeeded", "succeeded"));
    }

    @Test
    void anInvalidFirstRequestStillHasAScript() throws Exception {
        var params = Client.body("sim:batch_us=0", true).replace("\"max_tokens\":1024,", "");
        var id = Client.json(batches.post(BatchClient.envelope(List.of(BatchClient.item("a", params)).stream()))
                        .body())
                .getString("id");

        assertThat(batches.errorType(id, "a")).isEqualTo("invalid_request_error");
    }
}
