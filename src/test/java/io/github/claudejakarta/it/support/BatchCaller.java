package io.github.claudejakarta.it.support;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A caller of {@code /v1/batches} on one of several servers. */
public record BatchCaller(URI server) {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static BatchCaller of(ServerProcess server) {
        return new BatchCaller(server.uri());
    }

    /** A request as an NDJSON line. The script in its prompt controls the simulator. */
    public static String line(String customId, String script) {
        return "{\"custom_id\":\"" + customId + "\",\"params\":{\"model\":\"claude-opus-5-5\",\"max_tokens\":64,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"sim:" + script + "\"}]}}\n";
    }

    /**
     * NDJSON lines of this number of requests, the first with the id {@code prefix0}. Each has the script, because any
     * may be the first of a part.
     */
    public static String lines(String prefix, int requests, String script) {
        return ids(prefix, requests).stream().map(id -> line(id, script)).collect(Collectors.joining());
    }

    public static List<String> ids(String prefix, int requests) {
        return IntStream.range(0, requests).mapToObj(index -> prefix + index).toList();
    }

    public HttpResponse<String> submit(String lines, String... headers) throws Exception {
        var request =
                HttpRequest.newBuilder(server.resolve("/v1/batches")).header("content-type", "application/x-ndjson");
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.POST(BodyPublishers.ofString(lines)));
    }

    /** Submits a batch, asserts that the server accepts it, and returns its id. */
    public String accepted(String prefix, int requests, String script) throws Exception {
        var response = submit(lines(prefix, requests, script));
        assertThat(response.statusCode()).as(response::body).isEqualTo(202);
        return Api.json(response.body()).getString("id");
    }

    public JsonObject get(String id) throws Exception {
        return json("/v1/batches/" + id);
    }

    public JsonObject list() throws Exception {
        return json("/v1/batches?limit=1000");
    }

    private JsonObject json(String path) throws Exception {
        var response = send(HttpRequest.newBuilder(server.resolve(path)));
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return Api.json(response.body());
    }

    public void cancel(String id) throws Exception {
        var response = send(HttpRequest.newBuilder(server.resolve("/v1/batches/" + id + "/cancel"))
                .POST(BodyPublishers.noBody()));
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
    }

    /** Cancels and deletes a batch, so that other tests on the same database do not find it. */
    public void cancelAndAwaitEnd(String id) throws Exception {
        cancel(id);
        ended(id);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.timeout(TIMEOUT).build(), BodyHandlers.ofString(UTF_8));
    }

    public JsonObject await(String id, Predicate<JsonObject> condition) throws Exception {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        JsonObject batch = get(id);
        while (!condition.test(batch)) {
            assertThat(System.nanoTime())
                    .as("the condition is met in time; the batch is " + batch)
                    .isLessThan(deadline);
            Thread.sleep(50);
            batch = get(id);
        }
        return batch;
    }

    /** Waits for the end of a batch, and asserts that its status is {@code ended}. */
    public JsonObject ended(String id) throws Exception {
        var batch = await(id, one -> !one.isNull("ended_at"));
        assertThat(batch.getString("status")).as(batch::toString).isEqualTo("ended");
        return batch;
    }

    /** Waits for the end of a batch, and asserts that exactly these requests succeeded. */
    public JsonObject succeeded(String id, List<String> customIds) throws Exception {
        var batch = ended(id);
        assertThat(batch.getJsonObject("request_counts").getInt("succeeded"))
                .as(batch::toString)
                .isEqualTo(customIds.size());
        var results = send(HttpRequest.newBuilder(server.resolve("/v1/batches/" + id + "/results")));
        assertThat(results.statusCode()).as(results::body).isEqualTo(200);
        List<JsonObject> lines = results.body().lines().map(Api::json).toList();
        assertThat(lines)
                .extracting(line -> line.getString("custom_id"))
                .containsExactlyInAnyOrderElementsOf(customIds);
        assertThat(lines)
                .extracting(line -> line.getJsonObject("result").getString("type"))
                .containsOnly("succeeded");
        return batch;
    }

    /** The ids of the message batches at Claude, in the order of the parts. */
    public static List<String> messageBatches(JsonObject batch) {
        return batch.getJsonArray("parts")
                .getValuesAs(part -> part.asJsonObject().getString("id"));
    }

    public static boolean isSent(JsonObject batch) {
        return batch.getJsonArray("parts").stream()
                .noneMatch(part -> part.asJsonObject().isNull("id"));
    }

    /** Watches a batch, and returns a queue that receives the batch of each event. */
    public BlockingQueue<JsonObject> watch(String id) {
        var events = new LinkedBlockingQueue<JsonObject>();
        var request = HttpRequest.newBuilder(server.resolve("/v1/batches/" + id + "/events"))
                .header("accept", "text/event-stream")
                .build();
        HTTP.sendAsync(request, BodyHandlers.ofLines())
                .thenAccept(response -> response.body()
                        .filter(line -> line.startsWith("data:"))
                        .forEach(line -> events.add(Api.json(line.substring("data:".length())))));
        return events;
    }
}
