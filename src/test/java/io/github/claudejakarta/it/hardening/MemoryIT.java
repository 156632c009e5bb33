package io.github.claudejakarta.it.hardening;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Callers that concurrently send and request the largest allowed bodies, on a server with a heap of 256 MB. The server
 * rejects requests that do not fit, and serves all callers afterwards. An {@code OutOfMemoryError} would end its
 * process.
 */
@OwnServers
class MemoryIT {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ScriptedUpstream UPSTREAM = ScriptedUpstream.start();
    private static final int MEGABYTES = 30;
    private static final int CALLERS = 8;
    private static final Duration TIMEOUT = Duration.ofSeconds(90);

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-memory")
            .heap("256m")
            // The JVM's default on a machine with so little memory. With G1, half of the heap may be free without 40 MB
            // in one piece.
            .option("-XX:+UseSerialGC")
            // Less than the JVM's default, which equals the heap. Threads that keep such memory exhaust it sooner.
            .option("-XX:MaxDirectMemorySize=96m")
            .with("CLAUDE_BASE_URL", UPSTREAM.url().toString())
            .with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "memory");

    private final ExecutorService callers = Executors.newCachedThreadPool();

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
    }

    @AfterAll
    static void close() {
        UPSTREAM.close();
    }

    @BeforeEach
    void answer() {
        UPSTREAM.forget();
        UPSTREAM.otherwise(MemoryIT::answerTo);
    }

    @AfterEach
    void isAsBefore() throws Exception {
        callers.shutdownNow();
        UPSTREAM.forget();
        UPSTREAM.otherwise(MemoryIT::answerTo);
        assertThat(SERVER.isRunning()).as("the server runs").isTrue();
        assertThat(HTTP.send(request("/health/live").build(), BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(200);
        await("memory", () -> post("/v1/messages", Api.body(false)).statusCode() == 200);
        assertThat(SERVER.log()).doesNotContain("OutOfMemoryError");
    }

    private static Script answerTo(ReceivedRequest request) {
        if (request.path().endsWith("/batches")) {
            return Script.json(
                    200,
                    "{\"id\":\"msgbatch_" + System.nanoTime()
                            + "\",\"type\":\"message_batch\",\"processing_status\":\"in_progress\","
                            + "\"request_counts\":{\"processing\":1,\"succeeded\":0,\"errored\":0,\"canceled\":0,\"expired\":0},"
                            + "\"created_at\":\"2026-01-01T00:00:00Z\",\"expires_at\":\"2026-01-02T00:00:00Z\"}");
        }
        byte[] body = request.body();
        String begin = new String(body, 0, Math.min(body.length, 200), ISO_8859_1);
        return begin.contains("\"stream\":true") ? Wire.helloScript() : Wire.messageScript();
    }

    /** Kinds of requests with this number of megabytes. */
    private enum Kind {
        MESSAGE(
                "/v1/messages",
                "application/json",
                "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"",
                "a",
                "\"}]}"),
        STREAMED_MESSAGE(
                "/v1/messages",
                "application/json",
                "{\"model\":\"m\",\"max_tokens\":5,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"",
                "a",
                "\"}]}"),
        STREAM(
                "/v1/streams",
                "application/json",
                "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"",
                "a",
                "\"}]}"),
        NUMBERS(
                "/v1/messages",
                "application/json",
                "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"x\":[",
                "1,",
                "1]}"),
        JOB(
                "/v1/jobs",
                "application/json",
                "{\"request\":{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"",
                "a",
                "\"}]}}"),
        BATCH_LINES(
                "/v1/batches",
                "application/x-ndjson",
                "{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"",
                "a",
                "\"}]}}\n"),
        BATCH(
                "/v1/batches",
                "application/json",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"",
                "a",
                "\"}]}}]}"),
        BATCH_OF_NUMBERS(
                "/v1/batches",
                "application/json",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"x\":[",
                "1,",
                "1]}}]}"),
        BATCH_OF_OBJECTS(
                "/v1/batches",
                "application/json",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"x\":[",
                "{},",
                "1]}}]}"),
        BATCH_PASSED_THROUGH(
                "/v1/messages/batches",
                "application/json",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"",
                "a",
                "\"}]}}]}");

        private final String path;
        private final String type;
        private final String begin;
        private final String filling;
        private final String end;

        Kind(String path, String type, String begin, String filling, String end) {
            this.path = path;
            this.type = type;
            this.begin = begin;
            this.filling = filling;
            this.end = end;
        }

        /**
         * Sends the request.
         *
         * @return the status
         */
        int send(boolean isChunked) throws IOException {
            byte[] piece = filling.repeat((1 << 16) / filling.length()).getBytes(ISO_8859_1);
            int pieces = (MEGABYTES << 20) / piece.length;
            long length = begin.length() + (long) pieces * piece.length + end.length();
            try (var socket = new Socket("localhost", SERVER.port())) {
                socket.setSoTimeout(120_000);
                OutputStream out = socket.getOutputStream();
                out.write(("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + type
                                + "\r\n" + (isChunked ? "Transfer-Encoding: chunked" : "Content-Length: " + length)
                                + "\r\n\r\n")
                        .getBytes(ISO_8859_1));
                try {
                    write(out, begin.getBytes(ISO_8859_1), isChunked);
                    for (int i = 0; i < pieces; i++) {
                        write(out, piece, isChunked);
                    }
                    write(out, end.getBytes(ISO_8859_1), isChunked);
                    if (isChunked) {
                        out.write("0\r\n\r\n".getBytes(ISO_8859_1));
                    }
                } catch (IOException e) {
                    // The request was rejected; the response below says so.
                }
                return statusIn(socket.getInputStream());
            }
        }

        private static void write(OutputStream out, byte[] bytes, boolean isChunked) throws IOException {
            if (isChunked) {
                out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(ISO_8859_1));
            }
            out.write(bytes);
            if (isChunked) {
                out.write("\r\n".getBytes(ISO_8859_1));
            }
        }

        /**
         * The status of a response that is read to its end, where the connection is closed; 0 if the connection was cut
         * before.
         */
        private static int statusIn(InputStream in) {
            try {
                String answer = new String(in.readAllBytes(), ISO_8859_1);
                return answer.isEmpty() ? 0 : Integer.parseInt(answer.substring(9, 12));
            } catch (IOException e) {
                return 0;
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void requestsThatDoNotFitAreRejected(Kind kind) throws Exception {
        List<Future<Integer>> statuses = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            boolean isChunked = i % 2 == 1;
            statuses.add(callers.submit(() -> kind.send(isChunked)));
        }

        for (Future<Integer> status : statuses) {
            assertThat(status.get()).isIn(0, 200, 201, 202, 529);
        }
        await("memory for one request", () -> List.of(200, 201, 202).contains(kind.send(false)));
        await(
                "memory for one request of unknown length",
                () -> List.of(200, 201, 202).contains(kind.send(true)));
    }

    /** They wait for memory and are not rejected, since they were paid for. */
    @Test
    void largeAnswersAreInMemoryOneAfterTheOther() throws Exception {
        String large = Wire.MESSAGE.replace("Hello", "x".repeat(40 << 20));
        UPSTREAM.otherwise(request -> Script.json(200, large));
        List<Future<Integer>> lengths = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            lengths.add(callers.submit(() -> {
                HttpResponse<InputStream> response = HTTP.send(
                        request("/v1/messages")
                                .header("content-type", "application/json")
                                .POST(BodyPublishers.ofString(Api.body(false)))
                                .build(),
                        BodyHandlers.ofInputStream());
                assertThat(response.statusCode()).isEqualTo(200);
                try (InputStream body = response.body()) {
                    return (int) body.transferTo(OutputStream.nullOutputStream());
                }
            }));
        }

        for (Future<Integer> length : lengths) {
            assertThat(length.get()).isEqualTo(large.length());
        }
    }

    /**
     * A job holds its request as long as its answer may need a continuation. Jobs that do not fit return to the queue
     * without a failure.
     */
    @Test
    void largeJobsRunOneAfterTheOther() throws Exception {
        UPSTREAM.otherwise(request -> Script.sseHead().write(Wire.hello()));
        List<String> jobs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            // While one job runs, the server has no memory to receive another.
            await("memory for a job", () -> accepted(jobs));
        }

        for (String id : jobs) {
            await(id, () -> status(job(id)).equals("succeeded"));
            assertThat(Api.json(job(id)).getInt("attempts")).isEqualTo(1);
        }
    }

    private static boolean accepted(List<String> jobs, String... headers) throws Exception {
        HttpResponse<String> response = post(
                "/v1/jobs",
                "{\"request\":" + Api.body(false, "\"metadata\":{\"user_id\":\"" + "x".repeat(MEGABYTES << 20) + "\"}")
                        + "}",
                headers);
        if (response.statusCode() == 529) {
            return false;
        }
        assertThat(response.statusCode()).isEqualTo(202);
        jobs.add(Api.json(response.body()).getString("id"));
        return true;
    }

    /** It is another submission, which the server detects without reading the large one. */
    @Test
    void smallJobsWithTheKeyOfALargeOneDoNotReadIt() throws Exception {
        List<String> jobs = new ArrayList<>();
        await("memory for a job", () -> accepted(jobs, "idempotency-key", "large"));
        await("the job", () -> status(job(jobs.get(0))).equals("succeeded"));
        List<Future<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 2 * CALLERS; i++) {
            answers.add(callers.submit(
                    () -> post("/v1/jobs", "{\"request\":" + Api.body(false) + "}", "idempotency-key", "large")));
        }

        for (Future<HttpResponse<String>> answer : answers) {
            assertThat(Api.assertError(answer.get(), 400, "invalid_request_error")
                            .getString("message"))
                    .contains("Idempotency-Key");
        }
    }

    /** A client that reads nothing holds the message in memory. */
    @Test
    void theMemoryOfMessagesInResponsesIsLimited() throws Exception {
        String text = "x".repeat(128 << 10);
        String answer = Wire.START + Wire.text(text).repeat(40) + Wire.STOP;
        UPSTREAM.otherwise(request -> Script.sseHead().write(answer));
        String id = Api.json(post("/v1/jobs", "{\"request\":" + Api.body(false) + "}")
                        .body())
                .getString("id");
        await("the job", () -> status(job(id)).equals("succeeded"));
        String stream = Api.json(job(id)).getString("stream_id");

        for (String path : List.of("/v1/jobs/" + id, "/v1/streams/" + stream)) {
            var readers = new ArrayList<RawClient>();
            var statuses = new ArrayList<Integer>();
            for (int i = 0; i < 2 * CALLERS; i++) {
                readers.add(RawClient.connectNarrow("localhost", SERVER.port())
                        .request("GET", path, "", "Host: localhost", "Accept: application/json"));
            }
            for (RawClient reader : readers) {
                statuses.add(reader.status());
            }
            for (RawClient reader : readers) {
                reader.close();
            }

            assertThat(statuses).containsOnly(200, 529);
            await(
                    path,
                    () -> HTTP.send(
                                            request(path)
                                                    .header("accept", "application/json")
                                                    .build(),
                                            BodyHandlers.ofString())
                                    .body()
                                    .length()
                            > 5 << 20);
        }
    }

    @Test
    void aCompressedBodyIsNotAccepted() throws Exception {
        for (String path : List.of(
                "/v1/messages",
                "/v1/streams",
                "/v1/jobs",
                "/v1/batches",
                "/v1/messages/batches",
                "/v1/messages/count_tokens")) {
            HttpResponse<String> response = HTTP.send(
                    request(path)
                            .header("content-type", "application/json")
                            .header("content-encoding", "gzip")
                            .POST(BodyPublishers.ofByteArray(
                                    new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0
                                    }))
                            .build(),
                    BodyHandlers.ofString());

            assertThat(Api.assertError(response, 415, "invalid_request_error").getString("message"))
                    .isEqualTo("Content-Encoding: gzip is not accepted. Send the body uncompressed.");
        }
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    /**
     * Waits like {@link Api#await}, with more time: the condition may depend on jobs that return to the queue and run
     * again.
     */
    private static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("the end of the wait for " + what).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private static String job(String id) throws Exception {
        return HTTP.send(request("/v1/jobs/" + id).build(), BodyHandlers.ofString())
                .body();
    }

    private static String status(String job) {
        return Api.json(job).getString("status");
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(SERVER.uri().resolve(path));
    }

    private static HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = request(path).header("content-type", "application/json");
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.send(request.POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }
}
