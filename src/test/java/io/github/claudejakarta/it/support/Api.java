package io.github.claudejakarta.it.support;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** Sends requests to the server under test over HTTP, and reads its responses. */
public final class Api {

    public static final URI SERVER = URI.create("http://localhost:" + Integer.getInteger("it.http.port"));

    /** Time limit of a response or a state that normally appears immediately. */
    public static final Duration TIMEOUT = Duration.ofSeconds(20);

    /** The prompt of all tests, which must not appear in any log. */
    public static final String PROMPT = "Open-Sesame-4711";

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Api() {}

    /** A Messages body. {@code members} adds members, such as {@code "\"system\":\"x\""}. */
    public static String body(boolean isStreamed, String... members) {
        return "{\"model\":\"claude-opus-5-5\",\"max_tokens\":64,\"stream\":" + isStreamed
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + PROMPT + "\"}]"
                + (members.length == 0 ? "" : "," + String.join(",", members)) + "}";
    }

    /** A Messages body with this prompt. The given members override the defaults. */
    public static String body(String prompt, String... members) {
        var body = Json.createObjectBuilder()
                .add("model", "claude-haiku-4-5")
                .add("max_tokens", 64)
                .add(
                        "messages",
                        Json.createArrayBuilder()
                                .add(Json.createObjectBuilder()
                                        .add("role", "user")
                                        .add("content", prompt)));
        json("{" + String.join(",", members) + "}").forEach(body::add);
        return body.build().toString();
    }

    public static HttpRequest.Builder request(String path, String... headers) {
        var request = HttpRequest.newBuilder(SERVER.resolve(path)).timeout(TIMEOUT);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request;
    }

    public static HttpRequest.Builder posting(String path, String body, String... headers) {
        return request(path, headers).header("content-type", "application/json").POST(BodyPublishers.ofString(body));
    }

    public static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), BodyHandlers.ofString(UTF_8));
    }

    public static HttpResponse<String> post(String path, String body, String... headers)
            throws IOException, InterruptedException {
        return send(posting(path, body, headers));
    }

    public static HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        return send(request(path, headers));
    }

    public static HttpResponse<String> delete(String path, String... headers) throws IOException, InterruptedException {
        return send(request(path, headers).DELETE());
    }

    /** Streams a message and reads it to its end. */
    public static HttpResponse<String> message(String... headers) throws IOException, InterruptedException {
        return post("/v1/messages", body(true), headers);
    }

    /** Sends a request and returns when the response has begun. */
    public static HttpResponse<InputStream> open(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), BodyHandlers.ofInputStream());
    }

    public static CompletableFuture<HttpResponse<String>> sendAsync(HttpRequest.Builder request) {
        return HTTP.sendAsync(request.build(), BodyHandlers.ofString(UTF_8));
    }

    /** Starts a stream that runs without clients. */
    public static String startStream(String... headers) throws IOException, InterruptedException {
        var created = post("/v1/streams", body(false), headers);
        assertThat(created.statusCode()).as(created::body).isEqualTo(201);
        return json(created.body()).getString("id");
    }

    public static JsonObject stream(String id, String... headers) throws IOException, InterruptedException {
        var response = send(request("/v1/streams/" + id, headers).header("accept", "application/json"));
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return json(response.body());
    }

    /** Waits until the stream has ended, and returns its state. */
    public static JsonObject endedStream(String id) throws Exception {
        await("the stream's end", () -> !stream(id).getString("status").equals("running"));
        return stream(id);
    }

    /** Returns all events of a stream. */
    public static List<SseEvent> events(String id, String... headers) throws IOException, InterruptedException {
        var response = send(watching(id, headers));
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return SseEvent.parse(response.body());
    }

    public static HttpRequest.Builder watching(String id, String... headers) {
        return request("/v1/streams/" + id, headers).header("accept", "text/event-stream");
    }

    public static JsonObject json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        }
    }

    public static String streamId(HttpResponse<?> response) {
        return response.headers().firstValue("stream-id").orElseThrow();
    }

    /**
     * Asserts that a response is an error in Anthropic's format, with the status of its type, and without internals of
     * the server.
     */
    public static JsonObject assertError(HttpResponse<String> response, int status, String type) {
        assertThat(response.statusCode()).as(response::body).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("application/json");
        var error = json(response.body());
        assertThat(error.getString("type")).isEqualTo("error");
        assertThat(error.getJsonObject("error").getString("type")).isEqualTo(type);
        assertThat(error.getJsonObject("error").getString("message")).isNotBlank();
        assertThat(error.getString("request_id")).isNotBlank();
        assertThat(response.headers().firstValue("request-id")).contains(error.getString("request_id"));
        assertThat(response.body())
                .doesNotContain("Exception", "io.github", "jakarta.", "java.lang", "\tat ", "\\n\\tat");
        return error.getJsonObject("error");
    }

    /** Makes the server load all classes that a first request needs, for tests that measure time. */
    public static void warmUp(ScriptedUpstream upstream) throws Exception {
        upstream.otherwise(request -> Wire.helloScript());
        var id = streamId(message());
        events(id);
        get("/v1/streams/" + id, "accept", "text/plain");
        endedStream(startStream());
        upstream.forget();
    }

    /** Waits until a condition is true, and checks it repeatedly. */
    public static void await(String what, Callable<Boolean> condition) throws Exception {
        await(what, TIMEOUT, condition);
    }

    /**
     * Waits until a condition is true.
     *
     * @param limit the time limit, for conditions that take longer on a busy machine, such as the start of a server
     */
    public static void await(String what, Duration limit, Callable<Boolean> condition) throws Exception {
        var deadline = System.nanoTime() + limit.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("within the time: " + what).isLessThan(deadline);
            Thread.sleep(5);
        }
    }
}
