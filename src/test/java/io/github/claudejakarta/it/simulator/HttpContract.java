package io.github.claudejakarta.it.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.SseEvent;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The contract of a Messages API: the simulator must behave like Claude, and the server must not change the behavior.
 * The requests of these tests cost very little at Claude.
 */
abstract class HttpContract {

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** The URL that contains {@code /v1}. */
    abstract URI base();

    @Test
    void streamsInOrder() throws Exception {
        var response = post("/v1/messages", Api.body("Say hello.", "\"stream\":true"));

        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/event-stream");
        assertThat(response.headers().firstValue("request-id").orElse("")).startsWith("req_");
        var events = SseEvent.parse(response.body()).stream()
                .filter(event -> !event.name().equals("ping"))
                .toList();
        assertThat(events)
                .allMatch(event -> Api.json(event.data()).getString("type").equals(event.name()));
        var names = events.stream().map(SseEvent::name).toList();
        assertThat(String.join(" ", names))
                .matches("message_start (content_block_start (content_block_delta )*content_block_stop )*"
                        + "(message_delta )+message_stop");
        var start = Api.json(events.get(0).data()).getJsonObject("message");
        assertThat(start.getJsonArray("content")).isEmpty();
        assertThat(start.isNull("stop_reason")).isTrue();
        var delta = Api.json(events.get(events.size() - 2).data());
        assertThat(delta.getJsonObject("delta").getString("stop_reason")).isIn("end_turn", "max_tokens");
        assertThat(delta.getJsonObject("usage").getInt("output_tokens")).isPositive();
    }

    /** Official SDKs add {@code ?beta=true} to calls of their beta namespace. */
    @Test
    void acceptsAQuery() throws Exception {
        var streamed = post("/v1/messages?beta=true", Api.body("Say hello.", "\"stream\":true"));

        assertThat(streamed.statusCode()).as(streamed::body).isEqualTo(200);
        assertThat(streamed.body()).contains("event: message_stop");
        assertThat(post("/v1/messages?beta=true", Api.body("Say hello.")).statusCode())
                .isEqualTo(200);
        assertThat(post("/v1/messages/count_tokens?beta=true", counting("Hi")).statusCode())
                .isEqualTo(200);
        assertThat(get("/v1/models?beta=true").statusCode()).isEqualTo(200);
        assertThat(get("/v1/messages/batches?beta=true").statusCode()).isEqualTo(200);
    }

    @Test
    void numbersItsBlocks() throws Exception {
        var events = SseEvent.parse(
                post("/v1/messages", Api.body("Say hello.", "\"stream\":true")).body());

        var indexes = events.stream()
                .filter(event -> event.name().equals("content_block_start"))
                .map(event -> Api.json(event.data()).getInt("index"))
                .toList();
        assertThat(indexes).isEqualTo(IntStream.range(0, indexes.size()).boxed().toList());
    }

    @Test
    void answersWithoutStreaming() throws Exception {
        var response = post("/v1/messages", Api.body("Say hello."));

        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("application/json");
        var message = Api.json(response.body());
        assertThat(message.getString("type")).isEqualTo("message");
        assertThat(message.getString("role")).isEqualTo("assistant");
        assertThat(message.getJsonArray("content").getJsonObject(0).getString("text"))
                .isNotBlank();
        assertThat(message.getJsonObject("usage").getInt("input_tokens")).isPositive();
    }

    @Test
    void callsATool() throws Exception {
        var tools =
                "\"tools\":[{\"name\":\"get_weather\",\"description\":\"The weather of a city\",\"input_schema\":{\"type\":\"object\","
                        + "\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}}],\"tool_choice\":{\"type\":\"any\"}";
        var response = post("/v1/messages", Api.body("What is the weather in Paris?", tools));

        var call = Api.json(response.body()).getJsonArray("content").getValuesAs(JsonObject.class).stream()
                .filter(block -> block.getString("type").equals("tool_use"))
                .findFirst()
                .orElseThrow();
        assertThat(call.getString("id")).startsWith("toolu_");
        assertThat(call.getString("name")).isEqualTo("get_weather");
        assertThat(call.getJsonObject("input").getString("city")).isNotNull();
        assertThat(Api.json(response.body()).getString("stop_reason")).isEqualTo("tool_use");
    }

    @Test
    void countsTokens() throws Exception {
        var few = post("/v1/messages/count_tokens", counting("Hi"));
        var many = post("/v1/messages/count_tokens", counting("Hi ".repeat(200)));

        assertThat(few.statusCode()).as(few::body).isEqualTo(200);
        assertThat(Api.json(few.body()).getInt("input_tokens"))
                .isPositive()
                .isLessThan(Api.json(many.body()).getInt("input_tokens"));
    }

    private static String counting(String prompt) {
        return Json.createObjectBuilder(Api.json(Api.body(prompt)))
                .remove("max_tokens")
                .build()
                .toString();
    }

    @Test
    void pagesOverModels() throws Exception {
        var first = Api.json(get("/v1/models?limit=2").body());
        var second = Api.json(
                get("/v1/models?limit=2&after_id=" + first.getString("last_id")).body());

        assertThat(first.getJsonArray("data")).hasSize(2);
        assertThat(first.getBoolean("has_more")).isTrue();
        assertThat(first.getString("first_id"))
                .isEqualTo(first.getJsonArray("data").getJsonObject(0).getString("id"));
        assertThat(second.getJsonArray("data")).isNotEmpty().doesNotContainAnyElementsOf(first.getJsonArray("data"));
    }

    @Test
    void returnsAModel() throws Exception {
        var id = Api.json(get("/v1/models?limit=1").body()).getString("first_id");

        assertThat(Api.json(get("/v1/models/" + id).body()).getString("id")).isEqualTo(id);
        assertError(get("/v1/models/claude-none"), 404, "not_found_error");
    }

    @Test
    void rejectsInvalidRequests() throws Exception {
        for (var body : List.of(
                "{", "[]", "{}", Api.body("Hi", "\"max_tokens\":\"many\""), Api.body("Hi", "\"messages\":[]"))) {
            assertError(post("/v1/messages", body), 400, "invalid_request_error");
        }
    }

    private static void assertError(HttpResponse<String> response, int status, String type) {
        assertThat(response.statusCode()).as(response::body).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("application/json");
        assertThat(response.headers().firstValue("request-id")).isPresent();
        var error = Api.json(response.body());
        assertThat(error.getString("type")).isEqualTo("error");
        assertThat(error.getJsonObject("error").getString("type")).isEqualTo(type);
        assertThat(error.getJsonObject("error").getString("message")).isNotBlank();
    }

    HttpResponse<String> get(String path) throws Exception {
        return http.send(request(path).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path, String accept) throws Exception {
        return http.send(request(path).header("accept", accept).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String body) throws Exception {
        return http.send(
                request(path)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base().resolve(path))
                .timeout(Api.TIMEOUT)
                .header("anthropic-version", "2023-06-01");
    }
}
