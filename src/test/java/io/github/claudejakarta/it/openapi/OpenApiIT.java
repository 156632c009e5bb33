package io.github.claudejakarta.it.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.Receiver;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.SocketReader;
import io.github.claudejakarta.openapi.Description;
import jakarta.json.JsonObject;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The OpenAPI document is served and correct. The tests call every operation, and check status, content type, headers
 * and body of every response against the document.
 */
@OwnServers
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OpenApiIT {

    private static final String KEY = ServerLog.KEY_MARK + "openapi";
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String JSON = "application/json";
    private static final String SSE = "text/event-stream";
    private static final String CLAUDES_OWN = "anthropic-(ratelimit-(in|out)put-tokens|priority|fast)-.*";
    private static final String MESSAGE = Api.body(false);
    private static final String INVALID_INPUT = "sim:events=1 tool_input=[1]";

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-openapi")
            .with("CLAUDE_UPSTREAM", "simulator")
            .with("CLAUDE_CLIENTS_TELLER_KEY_SHA256", ClientKey.sha256(KEY))
            .with("CLAUDE_CLIENTS_TELLER_REQUESTS_PER_MINUTE", "500")
            .with("CLAUDE_CLIENTS_TELLER_TOKENS_PER_DAY", "1000000")
            .with("CLAUDE_BATCH_POLL_INTERVAL", "PT0.2S")
            .with("CLAUDE_WEBHOOKS_SECRET", Receiver.SECRET)
            .with("CLAUDE_WEBHOOKS_ALLOWED_HOSTS", "localhost");

    private static final Description SERVED_AS = Description.ofFile();
    /** Operations and statuses of the responses so far. */
    private static final TreeSet<String> SEEN = new TreeSet<>();

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
    }

    @Test
    @Order(1)
    void isServedCompletely() throws Exception {
        HttpResponse<String> response = HTTP.send(
                HttpRequest.newBuilder(SERVER.uri().resolve("/openapi")).build(), BodyHandlers.ofString());

        assertThat(SERVER.log()).as("messages of Liberty's validator").doesNotContain("CWWKO1650E", "CWWKO1651W");
        Description served = Description.of(response.body());
        assertThat(served.root().get("openapi").asText()).startsWith("3.1");
        assertThat(served.operations()).isEqualTo(SERVED_AS.operations());
        for (String part : List.of(
                "schemas", "responses", "parameters", "headers", "examples", "securitySchemes", "requestBodies")) {
            assertThat(fields(served.root().get("components").get(part)))
                    .as(part)
                    .isEqualTo(fields(SERVED_AS.root().get("components").get(part)));
        }
        for (String operation : SERVED_AS.operations()) {
            String[] parts = operation.split(" ");
            JsonNode ours = SERVED_AS.root().get("paths").get(parts[1]).get(parts[0].toLowerCase(Locale.ROOT));
            JsonNode theirs = served.root().get("paths").get(parts[1]).get(parts[0].toLowerCase(Locale.ROOT));
            assertThat(fields(theirs.get("responses"))).as(operation).isEqualTo(fields(ours.get("responses")));
            assertThat(theirs.has("callbacks")).as(operation).isEqualTo(ours.has("callbacks"));
        }
    }

    private static List<String> fields(JsonNode node) {
        var names = new TreeSet<String>();
        node.fieldNames().forEachRemaining(names::add);
        return List.copyOf(names);
    }

    @Test
    @Order(2)
    void isCorrectForMessages() throws Exception {
        check("POST", "/v1/messages", Map.of(), JSON, MESSAGE, "");
        check("POST", "/v1/messages", Map.of(), JSON, Api.body(true), "");
        check("POST", "/v1/messages", Map.of(), JSON, "{}", "");
        check("POST", "/v1/messages", Map.of(), "text/plain", "Hello", "");
        for (String fault : List.of("402", "403", "404", "429", "500", "529")) {
            check("POST", "/v1/messages", Map.of(), JSON, MESSAGE.replace(Api.PROMPT, "sim:status=" + fault), "");
        }
        check("POST", "/v1/messages/count_tokens", Map.of(), JSON, MESSAGE, "");
        check("POST", "/v1/messages/count_tokens", Map.of(), JSON, "[]", "");
        check("GET", "/v1/models", Map.of(), null, null, "");
        check("GET", "/v1/models", Map.of(), null, null, "?limit=x");
        check("GET", "/v1/models/{id}", Map.of("id", "claude-opus-5-5"), null, null, "");
        check("GET", "/v1/models/{id}", Map.of("id", "none"), null, null, "");
    }

    @Test
    @Order(3)
    void isCorrectForMessageBatches() throws Exception {
        String requests = "{\"requests\":[{\"custom_id\":\"a\",\"params\":"
                + MESSAGE.replace(",\"stream\":false", "").replace(Api.PROMPT, "sim:batch_us=1000 events=1") + "}]}";
        String id = Api.json(check("POST", "/v1/messages/batches", Map.of(), JSON, requests, "")
                        .body())
                .getString("id");
        check("POST", "/v1/messages/batches", Map.of(), JSON, "{}", "");
        check("GET", "/v1/messages/batches", Map.of(), null, null, "");
        check("GET", "/v1/messages/batches", Map.of(), null, null, "?limit=0");
        Map<String, String> ours = Map.of("id", id);
        Api.await(
                "its end",
                () -> check("GET", "/v1/messages/batches/{id}", ours, null, null, "")
                        .body()
                        .contains("\"ended\""));
        check("GET", "/v1/messages/batches/{id}/results", ours, null, null, "");
        check("HEAD", "/v1/messages/batches/{id}/results", ours, null, null, "");
        Map<String, String> none = Map.of("id", "msgbatch_none");
        check("GET", "/v1/messages/batches/{id}", none, null, null, "");
        check("GET", "/v1/messages/batches/{id}/results", none, null, null, "");
        check("HEAD", "/v1/messages/batches/{id}/results", none, null, null, "");
        check("POST", "/v1/messages/batches/{id}/cancel", none, null, "", "");
        check("DELETE", "/v1/messages/batches/{id}", none, null, null, "");
        check("DELETE", "/v1/messages/batches/{id}", ours, null, null, "");
        String long1 = Api.json(check(
                                "POST",
                                "/v1/messages/batches",
                                Map.of(),
                                JSON,
                                requests.replace("batch_us=1000", "batch_us=60000000"),
                                "")
                        .body())
                .getString("id");
        check("POST", "/v1/messages/batches/{id}/cancel", Map.of("id", long1), null, "", "");
    }

    @Test
    @Order(4)
    void isCorrectForStreams() throws Exception {
        String id = Api.json(check("POST", "/v1/streams", Map.of(), JSON, MESSAGE, "")
                        .body())
                .getString("id");
        Map<String, String> ours = Map.of("id", id);
        check("POST", "/v1/streams", Map.of(), JSON, "{}", "");
        check("GET", "/v1/streams/{id}", ours, null, null, "", "accept", SSE);
        check("GET", "/v1/streams/{id}", ours, null, null, "?after=1", "accept", SSE);
        check("GET", "/v1/streams/{id}", ours, null, null, "?after=x", "accept", SSE);
        check("GET", "/v1/streams/{id}", ours, null, null, "", "accept", "text/plain");
        check("GET", "/v1/streams/{id}", ours, null, null, "", "accept", JSON);
        check("GET", "/v1/streams/{id}", ours, null, null, "", "accept", "image/png");
        int last =
                Api.json(check("GET", "/v1/streams/{id}", ours, null, null, "").body())
                                .getInt("events")
                        - 1;
        check("GET", "/v1/streams/{id}", ours, null, null, "", "accept", SSE, "last-event-id", Integer.toString(last));
        check("HEAD", "/v1/streams/{id}", ours, null, null, "");
        check("GET", "/v1/streams", Map.of(), null, null, "");
        check("GET", "/v1/streams", Map.of(), null, null, "?limit=x");
        check("DELETE", "/v1/streams/{id}", ours, null, null, "");
        Map<String, String> none = Map.of("id", "stream_none");
        for (String method : List.of("GET", "HEAD", "DELETE")) {
            check(method, "/v1/streams/{id}", none, null, null, "");
        }
        String failed = Api.json(
                        check("POST", "/v1/streams", Map.of(), JSON, MESSAGE.replace(Api.PROMPT, "sim:status=400"), "")
                                .body())
                .getString("id");
        check("GET", "/v1/streams/{id}", Map.of("id", failed), null, null, "", "accept", SSE);
        check("GET", "/v1/streams/{id}", Map.of("id", failed), null, null, "");
        String invalid = Api.json(
                        check("POST", "/v1/streams", Map.of(), JSON, MESSAGE.replace(Api.PROMPT, INVALID_INPUT), "")
                                .body())
                .getString("id");
        Api.await(
                "its input",
                () -> check("GET", "/v1/streams/{id}", Map.of("id", invalid), null, null, "")
                        .body()
                        .contains("\"unparsed_tool_inputs\""));
        String broken = MESSAGE.replace(Api.PROMPT, "sim:events=4 error_at=2");
        String mended = Api.json(check("POST", "/v1/streams", Map.of(), JSON, broken, "", "stream-recovery", "continue")
                        .body())
                .getString("id");
        Api.await(
                "its recovery",
                () -> check("GET", "/v1/streams/{id}", Map.of("id", mended), null, null, "")
                        .body()
                        .contains("\"reason\""));
        check("POST", "/v1/streams", Map.of(), JSON, broken, "", "stream-recovery", "perhaps");
    }

    @Test
    @Order(4)
    void isCorrectForSockets() throws Exception {
        check("GET", "/v1/messages/socket", Map.of(), null, null, "");
        check("GET", "/v1/streams/{id}/socket", Map.of("id", "stream_any"), null, null, "");
        for (String path : List.of("/v1/messages/socket", "/v1/streams/{id}/socket")) {
            try (SocketReader socket =
                    SocketReader.open(SERVER.uri(), path.replace("{id}", "stream_any"), "x-api-key", KEY)) {
                SEEN.add("GET " + path + " 101");
            }
        }
    }

    @Test
    @Order(5)
    void isCorrectForBatches() throws Exception {
        String csv = "custom_id,prompt\na,sim:batch_us=1000 events=1\nb,sim:outcome=expired\n";
        HttpResponse<String> submitted = check(
                "POST",
                "/v1/batches",
                Map.of(),
                "text/csv",
                csv,
                "?model=claude-opus-5-5&max_tokens=20&callback_url=http://localhost:1/");
        Map<String, String> ours = Map.of("id", Api.json(submitted.body()).getString("id"));
        check("POST", "/v1/batches", Map.of(), "application/x-ndjson", "", "");
        check("POST", "/v1/batches", Map.of(), JSON, "{\"requests\":[]}", "");
        check("POST", "/v1/batches", Map.of(), "image/png", "x", "");
        check("GET", "/v1/batches/{id}/events", ours, null, null, "", "accept", SSE);
        check("HEAD", "/v1/batches/{id}/events", ours, null, null, "");
        check("GET", "/v1/batches/{id}/events", ours, null, null, "?after=x", "accept", SSE);
        JsonObject batch =
                Api.json(check("GET", "/v1/batches/{id}", ours, null, null, "").body());
        assertThat(batch.getString("status")).isEqualTo("ended");
        check("GET", "/v1/batches/{id}/results", ours, null, null, "", "accept", "application/x-jsonl");
        check("GET", "/v1/batches/{id}/results", ours, null, null, "", "accept", JSON);
        check("GET", "/v1/batches/{id}/results", ours, null, null, "", "accept", "text/csv");
        check("GET", "/v1/batches/{id}/results", ours, null, null, "", "accept", "image/png");
        check("HEAD", "/v1/batches/{id}/results", ours, null, null, "");
        check("GET", "/v1/batches", Map.of(), null, null, "");
        check("GET", "/v1/batches", Map.of(), null, null, "?status=none");
        String delivery = Api.json(check("GET", "/v1/batches/{id}/deliveries", ours, null, null, "")
                        .body())
                .getJsonArray("data")
                .getJsonObject(0)
                .getString("id");
        check("GET", "/v1/batches/{id}/deliveries", ours, null, null, "?limit=x");
        check(
                "POST",
                "/v1/batches/{id}/deliveries/{delivery}/retry",
                Map.of("id", ours.get("id"), "delivery", delivery),
                null,
                "",
                "");
        check(
                "POST",
                "/v1/batches/{id}/deliveries/{delivery}/retry",
                Map.of("id", ours.get("id"), "delivery", "none"),
                null,
                "",
                "");
        check(
                "POST",
                "/v1/batches/{id}/parts/{number}/resolve",
                Map.of("id", ours.get("id"), "number", "1"),
                JSON,
                "{\"message_batch_id\":null}",
                "");
        check(
                "POST",
                "/v1/batches/{id}/parts/{number}/resolve",
                Map.of("id", ours.get("id"), "number", "99"),
                JSON,
                "{\"message_batch_id\":null}",
                "");
        check("POST", "/v1/batches/{id}/resubmit", ours, null, "", "?include=all");
        check("POST", "/v1/batches/{id}/resubmit", ours, null, "", "");
        check("POST", "/v1/batches/{id}/resubmit", ours, null, "", "");
        check("POST", "/v1/batches/{id}/cancel", ours, null, "", "");
        Api.await(
                "its end",
                () -> Api.json(check("GET", "/v1/batches/{id}", ours, null, null, "")
                                .body())
                        .getString("status")
                        .equals("ended"));
        check("DELETE", "/v1/batches/{id}", ours, null, null, "");
        for (String operation : List.of(
                "GET /v1/batches/{id}",
                "DELETE /v1/batches/{id}",
                "GET /v1/batches/{id}/events",
                "GET /v1/batches/{id}/results",
                "HEAD /v1/batches/{id}/results",
                "HEAD /v1/batches/{id}/events",
                "POST /v1/batches/{id}/cancel",
                "POST /v1/batches/{id}/resubmit",
                "GET /v1/batches/{id}/deliveries")) {
            String[] parts = operation.split(" ");
            check(parts[0], parts[1], ours, null, parts[0].equals("POST") ? "" : null, "");
        }
        Map<String, String> running = Map.of(
                "id",
                Api.json(check(
                                        "POST",
                                        "/v1/batches",
                                        Map.of(),
                                        "text/csv",
                                        "custom_id,prompt\na,sim:batch_us=60000000\n",
                                        "?model=claude-opus-5-5&max_tokens=20")
                                .body())
                        .getString("id"));
        check("GET", "/v1/batches/{id}/results", running, null, null, "");
        check("HEAD", "/v1/batches/{id}/results", running, null, null, "");
        check("DELETE", "/v1/batches/{id}", running, null, null, "");
    }

    @Test
    @Order(6)
    void isCorrectForJobs() throws Exception {
        String job = "{\"request\":" + MESSAGE.replace(",\"stream\":false", "")
                + ",\"callback_url\":\"http://localhost:1/\",\"metadata\":{\"case\":1}}";
        Map<String, String> ours = Map.of(
                "id",
                Api.json(check("POST", "/v1/jobs", Map.of(), JSON, job, "").body())
                        .getString("id"));
        assertThat(check(
                                "POST",
                                "/v1/jobs",
                                Map.of(),
                                JSON,
                                job.replace(Api.PROMPT, INVALID_INPUT),
                                "",
                                "prefer",
                                "wait=20")
                        .body())
                .contains("\"unparsed_tool_inputs\"");
        check("POST", "/v1/jobs", Map.of(), JSON, "{}", "");
        check("POST", "/v1/jobs", Map.of(), "image/png", "x", "");
        String form = "model=claude-opus-5-5&max_tokens=20&prompt=Hello";
        check("POST", "/v1/jobs", Map.of(), "application/x-www-form-urlencoded", form, "", "accept", "text/plain");
        check("POST", "/v1/jobs", Map.of(), "application/x-www-form-urlencoded", form, "", "prefer", "wait=20");
        check(
                "POST",
                "/v1/jobs",
                Map.of(),
                "application/x-www-form-urlencoded",
                form,
                "",
                "prefer",
                "wait=20",
                "accept",
                "text/plain");
        check("GET", "/v1/jobs/{id}", ours, null, null, "", "prefer", "wait=20");
        check("GET", "/v1/jobs/{id}", ours, null, null, "", "prefer", "wait=x");
        check("GET", "/v1/jobs/{id}", ours, null, null, "", "accept", "text/plain");
        check("GET", "/v1/jobs/{id}", ours, null, null, "", "accept", "image/png");
        check("GET", "/v1/jobs", Map.of(), null, null, "");
        check("GET", "/v1/jobs", Map.of(), null, null, "?status=none");
        String delivery = Api.json(check("GET", "/v1/jobs/{id}/deliveries", ours, null, null, "")
                        .body())
                .getJsonArray("data")
                .getJsonObject(0)
                .getString("id");
        check("GET", "/v1/jobs/{id}/deliveries", ours, null, null, "?limit=x");
        check(
                "POST",
                "/v1/jobs/{id}/deliveries/{delivery}/retry",
                Map.of("id", ours.get("id"), "delivery", delivery),
                null,
                "",
                "");
        check(
                "POST",
                "/v1/jobs/{id}/deliveries/{delivery}/retry",
                Map.of("id", ours.get("id"), "delivery", "none"),
                null,
                "",
                "");
        check("DELETE", "/v1/jobs/{id}", ours, null, null, "");
        check("POST", "/v1/jobs/{id}/retry", ours, null, "", "");
        Map<String, String> failed = Map.of(
                "id",
                Api.json(check("POST", "/v1/jobs", Map.of(), JSON, job.replace(Api.PROMPT, "sim:status=400"), "")
                                .body())
                        .getString("id"));
        check("GET", "/v1/jobs/{id}", failed, null, null, "", "prefer", "wait=20");
        check("GET", "/v1/jobs/{id}", failed, null, null, "", "accept", "text/plain");
        check("POST", "/v1/jobs/{id}/retry", failed, null, "", "");
        Map<String, String> slow = Map.of(
                "id",
                Api.json(check(
                                        "POST",
                                        "/v1/jobs",
                                        Map.of(),
                                        JSON,
                                        job.replace(Api.PROMPT, "sim:events=2000 delay_us=20000"),
                                        "")
                                .body())
                        .getString("id"));
        check("GET", "/v1/jobs/{id}", slow, null, null, "", "accept", "text/plain");
        check("DELETE", "/v1/jobs/{id}", slow, null, null, "");
        Map<String, String> none = Map.of("id", "job_none");
        for (String operation : List.of(
                "GET /v1/jobs/{id}",
                "DELETE /v1/jobs/{id}",
                "POST /v1/jobs/{id}/retry",
                "GET /v1/jobs/{id}/deliveries")) {
            String[] parts = operation.split(" ");
            check(parts[0], parts[1], none, null, parts[0].equals("POST") ? "" : null, "");
        }
    }

    @Test
    @Order(7)
    void isCorrectForOtherOperations() throws Exception {
        check("GET", "/v1/usage", Map.of(), null, null, "");
        check("GET", "/v1/usage", Map.of(), null, null, "", "accept", "text/csv");
        check("GET", "/v1/usage", Map.of(), null, null, "", "accept", "image/png");
        check("GET", "/v1/usage", Map.of(), null, null, "?from=x");
        for (String path : List.of("/health", "/health/started", "/health/live", "/health/ready")) {
            check("GET", path, Map.of(), null, null, "");
        }
    }

    @Test
    @Order(8)
    void isCorrectForCallersWithoutAKey() throws Exception {
        for (String operation : SERVED_AS.operations()) {
            String[] parts = operation.split(" ");
            if (parts[1].startsWith("/v1")) {
                HttpResponse<String> response = send(
                        parts[0],
                        parts[1].replaceAll("\\{\\w+}", "1"),
                        null,
                        parts[0].equals("POST") ? "{}" : null,
                        "x-api-key",
                        "wrong");
                assertThat(response.statusCode()).as(operation).isEqualTo(401);
                checked(operation, response);
            }
        }
    }

    /**
     * Every operation has succeeded. The missing responses are the ones in the list of this test, which it cannot
     * cause.
     */
    @Test
    @Order(9)
    void everyOperationAndResponseWasChecked() {
        SortedSet<String> all = SERVED_AS.operations();
        // Needs an unresolved part, and therefore a crash. The tests of batches cover it.
        all.remove("POST /v1/batches/{id}/parts/{number}/resolve");
        for (String operation : all) {
            assertThat(SEEN)
                    .as(operation)
                    .anyMatch(seen -> seen.startsWith(operation + " 2") || seen.equals(operation + " 101"));
        }
        assertThat(SEEN).hasSizeGreaterThan(130);
    }

    private static HttpResponse<String> check(
            String method,
            String path,
            Map<String, String> ids,
            String type,
            String body,
            String query,
            String... headers)
            throws Exception {
        String concrete = path;
        for (Map.Entry<String, String> id : ids.entrySet()) {
            concrete = concrete.replace("{" + id.getKey() + "}", id.getValue());
        }
        String[] all =
                Stream.concat(Stream.of("x-api-key", KEY), Stream.of(headers)).toArray(String[]::new);
        HttpResponse<String> response = send(method, concrete + query, type, body, all);
        checked(method + " " + path, response);
        return response;
    }

    private static HttpResponse<String> send(String method, String path, String type, String body, String... headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(SERVER.uri().resolve(path))
                .timeout(Duration.ofSeconds(60))
                .headers(headers)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (type != null) {
            request.header("content-type", type);
        }
        return HTTP.send(request.build(), BodyHandlers.ofString());
    }

    private static void checked(String operation, HttpResponse<String> response) {
        String what = operation + " -> " + response.statusCode() + " "
                + response.headers().map() + "\n" + response.body();
        JsonNode documented = SERVED_AS
                .response(operation, response.statusCode())
                .orElseThrow(() -> new AssertionError("not documented: " + what));
        SEEN.add(operation + " " + response.statusCode());
        if (documented.has("headers")) {
            documented.get("headers").properties().forEach(header -> {
                if (SERVED_AS.resolved(header.getValue()).path("required").asBoolean()) {
                    assertThat(response.headers().firstValue(header.getKey()))
                            .as(header.getKey() + " of " + what)
                            .isPresent();
                }
            });
        }
        // HEAD has the headers of GET.
        response.headers().map().keySet().stream()
                .filter(name -> !operation.startsWith("HEAD"))
                .filter(name -> name.startsWith("anthropic-") && !name.matches(CLAUDES_OWN)
                        || name.equals("stream-id")
                        || name.equals("location"))
                .forEach(name -> assertThat(documented.path("headers").has(name))
                        .as("documented: " + name + " of " + what)
                        .isTrue());
        if (!documented.has("content") || operation.startsWith("HEAD")) {
            assertThat(response.body()).as(what).isEmpty();
            return;
        }
        String type = response.headers()
                .firstValue("content-type")
                .orElseThrow(() -> new AssertionError("no content type: " + what))
                .replaceFirst(";.*", "");
        JsonNode media = documented.get("content").get(type);
        assertThat(media).as("documented: " + type + " of " + what).isNotNull();
        assertThat(problems(type, media, response.body())).as(what).isEmpty();
    }

    private static List<String> problems(String type, JsonNode media, String body) {
        return switch (type) {
            case JSON -> SERVED_AS.problems(media.get("schema"), body);
            case SSE -> {
                boolean isOfBatch = media.get("schema").get("$ref").asText().endsWith("BatchEvents");
                List<String> data = body.lines()
                        .filter(line -> line.startsWith("data:"))
                        .map(line -> line.substring(5).strip())
                        .toList();
                assertThat(data).isNotEmpty();
                yield data.stream()
                        .flatMap(one ->
                                SERVED_AS
                                        .problems(SERVED_AS.schema(isOfBatch ? "Batch" : "MessageEvent"), one)
                                        .stream())
                        .collect(Collectors.toList());
            }
            case "application/x-jsonl" ->
                body.lines()
                        .flatMap(line -> SERVED_AS.problems(SERVED_AS.schema("ResultLine"), line).stream())
                        .toList();
            case "text/csv" -> {
                String header =
                        media.get("example").asText().lines().findFirst().orElseThrow();
                yield body.lines().findFirst().orElse("").equals(header)
                        ? List.of()
                        : List.of("the columns should be " + header);
            }
            default -> List.of();
        };
    }
}
