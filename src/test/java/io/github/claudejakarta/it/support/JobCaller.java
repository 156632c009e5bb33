package io.github.claudejakarta.it.support;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** A caller of {@code /v1/jobs} on one of several servers. */
public record JobCaller(URI server) {

    /** All fields of a job, in the order of the documentation. */
    public static final Set<String> FIELDS = Set.of(
            "id",
            "type",
            "status",
            "attempts",
            "restarts",
            "stream_id",
            "message",
            "error",
            "callback",
            "metadata",
            "created_at",
            "started_at",
            "next_attempt_at",
            "ended_at");

    private static final String PATH = "/v1/jobs";
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A caller of the server that Arquillian started. */
    public static JobCaller ofServer() {
        return new JobCaller(Api.SERVER);
    }

    public static JobCaller of(ServerProcess server) {
        return new JobCaller(server.uri());
    }

    /** A submission with this Messages body. {@code members} adds members, such as {@code "\"metadata\":{}"}. */
    public static String submission(String request, String... members) {
        return "{\"request\":" + request + (members.length == 0 ? "" : "," + String.join(",", members)) + "}";
    }

    /** A submission with this prompt, which controls the simulator or the upstream of the test. */
    public static String submissionFor(String prompt, String... members) {
        return submission(
                "{\"model\":\"claude-opus-5-5\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\""
                        + prompt + "\"}]}",
                members);
    }

    public static String callback(String url) {
        return "\"callback_url\":\"" + url + "\"";
    }

    public HttpRequest.Builder request(String below, String... headers) {
        var request = HttpRequest.newBuilder(server.resolve(PATH + below)).timeout(TIMEOUT);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request;
    }

    private HttpRequest.Builder posting(String body, String... headers) {
        return request("", headers).header("content-type", "application/json").POST(BodyPublishers.ofString(body));
    }

    public static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), BodyHandlers.ofString(UTF_8));
    }

    public HttpResponse<String> submit(String body, String... headers) throws Exception {
        return send(posting(body, headers));
    }

    public CompletableFuture<HttpResponse<String>> submitAsync(String body, String... headers) {
        return HTTP.sendAsync(posting(body, headers).build(), BodyHandlers.ofString(UTF_8));
    }

    /** Submits a form in this character set. */
    public HttpResponse<String> submitForm(String form, String... headers) throws Exception {
        return send(request("", headers)
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form)));
    }

    /** Submits a job, asserts that the server accepts it, and returns its id. */
    public String accepted(String body, String... headers) throws Exception {
        var response = submit(body, headers);
        assertThat(response.statusCode()).as(response::body).isEqualTo(202);
        return Api.json(response.body()).getString("id");
    }

    public HttpResponse<String> get(String below, String... headers) throws Exception {
        return send(request(below, headers));
    }

    public CompletableFuture<HttpResponse<String>> getAsync(String below, String... headers) {
        return HTTP.sendAsync(request(below, headers).build(), BodyHandlers.ofString(UTF_8));
    }

    public HttpResponse<String> post(String below, String... headers) throws Exception {
        return send(request(below, headers).POST(BodyPublishers.noBody()));
    }

    public HttpResponse<String> cancel(String id, String... headers) throws Exception {
        return send(request("/" + id, headers).DELETE());
    }

    public HttpResponse<String> retry(String id, String... headers) throws Exception {
        return post("/" + id + "/retry", headers);
    }

    public JsonObject job(String id) throws Exception {
        return read("/" + id);
    }

    public JsonObject read(String below, String... headers) throws Exception {
        var response = get(below, headers);
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return Api.json(response.body());
    }

    /** The ids of a list of jobs, newest first. */
    public List<String> ids(String query, String... headers) throws Exception {
        return idsOf(read(query, headers));
    }

    /** The id of the newest job, or an empty list. Tests use it to check that no job was added. */
    public List<String> newest() throws Exception {
        return ids("?limit=1");
    }

    public static List<String> idsOf(JsonObject list) {
        return list.getJsonArray("data").getValuesAs(JsonObject.class).stream()
                .map(item -> item.getString("id"))
                .toList();
    }

    /** The deliveries of a job, newest first. */
    public List<JsonObject> deliveries(String id) throws Exception {
        return read("/" + id + "/deliveries").getJsonArray("data").getValuesAs(JsonObject.class);
    }

    /** The only delivery of a job. */
    public JsonObject delivery(String id) throws Exception {
        var all = deliveries(id);
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    /** Waits until the only delivery of a job meets a condition. */
    public JsonObject delivery(String id, Predicate<JsonObject> condition) throws Exception {
        Api.await("the callback of " + id, () -> {
            var all = deliveries(id);
            return !all.isEmpty() && condition.test(all.get(0));
        });
        return delivery(id);
    }

    public JsonObject await(String id, String status) throws Exception {
        return await(id, job -> job.getString("status").equals(status));
    }

    public JsonObject await(String id, Predicate<JsonObject> condition) throws Exception {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        JsonObject job = job(id);
        while (!condition.test(job)) {
            assertThat(System.nanoTime())
                    .as("the condition is met in time; the job is " + withoutMessage(job))
                    .isLessThan(deadline);
            Thread.sleep(10);
            job = job(id);
        }
        return job;
    }

    /** A job or a batch without its {@code callback}, as callbacks contain it. */
    public static JsonObject withoutCallback(JsonObject whole) {
        return Json.createObjectBuilder(whole).remove("callback").build();
    }

    private static JsonObject withoutMessage(JsonObject job) {
        return Json.createObjectBuilder(job).remove("message").build();
    }

    /** Waits for the end of a job, and returns the job. */
    public JsonObject ended(String id) throws Exception {
        return await(id, job -> !job.isNull("ended_at"));
    }

    /** Waits for the end of a job, and asserts that it succeeded. */
    public JsonObject succeeded(String id) throws Exception {
        var job = ended(id);
        assertThat(job.getString("status"))
                .as(() -> withoutMessage(job).toString())
                .isEqualTo("succeeded");
        return job;
    }

    /** The text of a job's message. */
    public static String text(JsonObject job) {
        return job.getJsonObject("message")
                .getJsonArray("content")
                .getJsonObject(0)
                .getString("text");
    }

    /** Cancels all jobs. The database outlives a deployment, but the upstream of the jobs does not. */
    public void cancelAll(String... headers) throws Exception {
        for (String status : List.of("running", "queued")) {
            for (String id : ids("?limit=1000&status=" + status, headers)) {
                cancel(id, headers);
            }
        }
    }
}
