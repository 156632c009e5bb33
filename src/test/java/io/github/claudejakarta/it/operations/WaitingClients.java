package io.github.claudejakarta.it.operations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.FrameClient;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.SocketReader;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.upstream.TrustingTls;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** One waiting client of each kind while the server is stopped, and what each of them must receive. */
final class WaitingClients implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final String REASON = "This server is shutting down";
    private static final String STALLING = "sim:events=3 stall_at=1";
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    /**
     * Requests that the upstream has not answered completely: a relayed stream, a detached stream, two calls, the
     * stream of a slow client, a job.
     */
    private static final int OPEN = 6;

    private static final long STUCK_MILLIS = 500;

    private final ServerProcess server;
    private final CompletableFuture<HttpResponse<String>> relayed;
    private final CompletableFuture<HttpResponse<String>> unanswered;
    private final CompletableFuture<HttpResponse<String>> whole;
    private final CompletableFuture<HttpResponse<String>> events;
    private final CompletableFuture<HttpResponse<String>> text;
    private final SocketReader watching;
    private final SocketReader silent;
    private final FrameClient silentSecured;
    private final FrameClient deaf;
    private final RawClient slow;
    private final RawClient uploading;
    private final CompletableFuture<HttpResponse<String>> waiting;
    private final String job;
    private final BlockingQueue<JsonObject> batch;

    WaitingClients(ServerProcess server, Simulator claude, String name) throws Exception {
        this.server = server;
        var jobs = JobCaller.of(server);
        // Each request once before the test, because the classes of a first request load slowly on a busy machine.
        assertThat(received(post("/v1/messages", body("sim:events=1", true))).body())
                .contains("message_stop");
        jobs.succeeded(jobs.accepted(JobCaller.submissionFor("sim:events=1")));
        long before = claude.counts().openMessages();
        relayed = post("/v1/messages", body(STALLING, true));
        whole = post("/v1/messages", body(STALLING, false));
        unanswered = post("/v1/messages", body("sim:no_headers=1", true));
        String stream = stream(STALLING);
        events = get("/v1/streams/" + stream, "text/event-stream");
        text = get("/v1/streams/" + stream, "text/plain");
        watching = SocketReader.open(server.uri(), "/v1/streams/" + stream + "/socket?events=all");
        silent = SocketReader.open(server.uri(), "/v1/messages/socket");
        silentSecured = new FrameClient(
                TrustingTls.context().getSocketFactory().createSocket("localhost", server.httpsPort()),
                "/v1/messages/socket");
        deaf = deaf(server);
        slow = RawClient.connectNarrow("localhost", server.port())
                .request(
                        "GET",
                        "/v1/streams/" + stream("sim:events=100 size=200000 stall_at=99"),
                        "",
                        "Host: localhost",
                        "Accept: text/event-stream");
        uploading = RawClient.connect("localhost", server.port())
                .write(
                        "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
                                .getBytes(UTF_8));
        job = jobs.accepted(JobCaller.submissionFor(STALLING + " times=1 key=" + name));
        waiting = jobs.getAsync("/" + job, "prefer", "wait=60");
        var batches = BatchCaller.of(server);
        String ofBatch = batches.accepted(name, 1, "batch_us=120000000");
        batches.await(ofBatch, BatchCaller::isSent);
        batch = batches.watch(ofBatch);
        assertThat(batch.poll(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as("the batch")
                .isNotNull();
        jobs.await(job, "running");
        assertThat(claude.await(counts -> counts.openMessages() == before + OPEN, TIMEOUT))
                .as("all clients wait")
                .isTrue();
    }

    /**
     * A client that sends pings until the server reads no more of them, because it is stuck in an answer that the
     * client does not read.
     */
    private static FrameClient deaf(ServerProcess server) throws Exception {
        var narrow = new Socket();
        narrow.setReceiveBufferSize(4096);
        narrow.connect(new InetSocketAddress("localhost", server.port()));
        var client = new FrameClient(narrow, "/v1/messages/socket");
        var pings = new AtomicLong();
        var pinging = new Thread(() -> {
            try {
                while (true) {
                    client.frame(FrameClient.PING, true, new byte[125]);
                    pings.incrementAndGet();
                }
            } catch (IOException e) {
                // The server has closed the connection.
            }
        });
        pinging.setDaemon(true);
        pinging.start();
        for (long before = -1; before != pings.get(); ) {
            before = pings.get();
            Thread.sleep(STUCK_MILLIS);
        }
        assertThat(pings.get()).isPositive();
        return client;
    }

    private static String body(String prompt, boolean isStreamed) {
        return "{\"model\":\"claude-opus-5-5\",\"max_tokens\":64,\"stream\":" + isStreamed
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}";
    }

    private CompletableFuture<HttpResponse<String>> post(String path, String body) {
        return HTTP.sendAsync(
                HttpRequest.newBuilder(server.uri().resolve(path))
                        .header("content-type", "application/json")
                        .timeout(TIMEOUT)
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString(UTF_8));
    }

    private CompletableFuture<HttpResponse<String>> get(String path, String accept) {
        return HTTP.sendAsync(
                HttpRequest.newBuilder(server.uri().resolve(path))
                        .header("accept", accept)
                        .timeout(TIMEOUT)
                        .build(),
                BodyHandlers.ofString(UTF_8));
    }

    private String stream(String prompt) throws Exception {
        return Api.json(received(post("/v1/streams", body(prompt, true))).body())
                .getString("id");
    }

    private static HttpResponse<String> received(CompletableFuture<HttpResponse<String>> answer) throws Exception {
        return answer.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    }

    /** The id of the job that was running. */
    String job() {
        return job;
    }

    /** Asserts that each client receives its end, or an error with the reason. */
    void assertAllAreAnswered() throws Exception {
        assertEndsInError(received(relayed).body());
        assertEndsInError(received(events).body());
        assertThat(received(text).body()).contains("i=0;").contains(REASON);
        for (var refused : List.of(whole, unanswered)) {
            var error = Api.assertError(received(refused), 503, "api_error");
            assertThat(error.getString("message")).startsWith(REASON);
            assertThat(received(refused).headers().firstValue("retry-after")).contains("5");
        }
        assertThat(last(watching)).contains(REASON);
        assertThat(watching.closeCode()).isEqualTo(1011);
        assertThat(last(silent)).contains(REASON);
        assertThat(silent.closeCode()).isEqualTo(1013);
        assertThat(silentSecured.restUntilClosed(1013)).contains(REASON);
        assertThat(uploading.readToEnd()).startsWith("HTTP/1.1 503").contains(REASON);
        assertThat(received(waiting).statusCode()).isEqualTo(200);
        assertThat(Api.json(received(waiting).body()).getString("id")).isEqualTo(job);
        JsonObject last = batch.poll(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        while (last != null && last.getString("type").equals("batch")) {
            last = batch.poll(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        }
        assertThat(last).as("the end of the batch's events").isNotNull();
        assertThat(last.toString()).contains(REASON);
        // The server cuts them off, so that they do not delay the others.
        assertThat(deaf.isCutOff()).isTrue();
        assertThat(slow.readToEnd()).doesNotContain(REASON);
    }

    private static String last(SocketReader socket) throws InterruptedException {
        List<JsonObject> frames = socket.rest();
        return frames.get(frames.size() - 1).toString();
    }

    private static void assertEndsInError(String body) {
        List<SseEvent> all = SseEvent.parse(body);
        assertThat(all).filteredOn(SseEvent::isTerminal).hasSize(1);
        assertThat(all.get(all.size() - 1).name()).isEqualTo("error");
        assertThat(all.get(all.size() - 1).data()).contains(REASON);
    }

    @Override
    public void close() throws Exception {
        watching.close();
        silent.close();
        silentSecured.close();
        deaf.close();
        slow.close();
        uploading.close();
    }
}
