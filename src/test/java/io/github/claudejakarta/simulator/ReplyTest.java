package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReplyTest {

    private Simulator simulator;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        simulator = Simulator.start(Thread::new).skipDelays();
        client = Client.of(simulator);
    }

    @AfterEach
    void close() {
        simulator.close();
    }

    private JsonObject message(String prompt) throws Exception {
        return Client.json(client.post(Client.body(prompt, false)).body());
    }

    private List<String> types(String prompt) throws Exception {
        return client.events(Client.body(prompt, true)).stream()
                .map(Client.Event::name)
                .toList();
    }

    private static String text(JsonObject message) {
        return message.getJsonArray("content").getValuesAs(JsonObject.class).stream()
                .map(block -> block.getString("text", ""))
                .collect(Collectors.joining());
    }

    @Test
    void answersTheNextRequestsInOrder() throws Exception {
        simulator.enqueue(Reply.text("One, two three."), Reply.text("Two"));

        assertThat(text(message("a"))).isEqualTo("One, two three.");
        assertThat(simulator.queuedReplies()).isEqualTo(1);
        assertThat(text(message("b"))).isEqualTo("Two");
        assertThat(text(message("c"))).contains("simulator");
    }

    @Test
    void streamsATextInDeltas() throws Exception {
        simulator.enqueue(Reply.text("One two three four."));

        List<Client.Event> events = client.events(Client.body("a", true));

        assertThat(events.stream()
                        .filter(event -> event.name().equals("content_block_delta"))
                        .map(event -> event.json().getJsonObject("delta").getString("text")))
                .containsExactly("One", " two three", " four.");
        assertThat(events.get(events.size() - 1).name()).isEqualTo("message_stop");
    }

    @Test
    void callsATool() throws Exception {
        simulator.enqueue(Reply.toolUse(
                "weather", Json.createObjectBuilder().add("city", "Bonn").build()));

        JsonObject message = message("a");
        JsonObject call = message.getJsonArray("content").getJsonObject(0);

        assertThat(message.getString("stop_reason")).isEqualTo("tool_use");
        assertThat(call.getString("name")).isEqualTo("weather");
        assertThat(call.getString("id")).startsWith("toolu_");
        assertThat(call.getJsonObject("input").getString("city")).isEqualTo("Bonn");
    }

    @Test
    void hasTheBlocksOfTheReplyInOrder() throws Exception {
        simulator.enqueue(Reply.text("First")
                .withToolUse("weather", "{}")
                .withText("last")
                .withThinking("Hm"));

        assertThat(message("a").getJsonArray("content").getValuesAs(JsonObject.class))
                .extracting(block -> block.getString("type"))
                .containsExactly("thinking", "text", "tool_use", "text");
    }

    @Test
    void setsRefusalsAndStopReasons() throws Exception {
        simulator.enqueue(
                Reply.refusal(""), Reply.refusal("I was"), Reply.text("Cut").withStopReason("max_tokens"));

        assertThat(message("a").getString("stop_reason")).isEqualTo("refusal");
        assertThat(text(message("b"))).isEqualTo("I was");
        assertThat(message("c").getString("stop_reason")).isEqualTo("max_tokens");
    }

    @Test
    void setsAnErrorStatus() throws Exception {
        simulator.enqueue(
                Reply.error(529).withRetryAfter(Duration.ofSeconds(2)),
                Reply.error(400, "invalid_request_error", "max_tokens: too \"many\""));

        var overloaded = client.post(Client.body("a", true));
        var refused = client.post(Client.body("b", true));

        assertThat(overloaded.statusCode()).isEqualTo(529);
        assertThat(overloaded.headers().firstValue("retry-after-ms")).contains("2000");
        assertThat(overloaded.body()).contains("overloaded_error");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(Client.json(refused.body()).getJsonObject("error").getString("message"))
                .isEqualTo("max_tokens: too \"many\"");
    }

    @Test
    void breaksAtTheGivenDelta() throws Exception {
        simulator.enqueue(
                Reply.text("One two three four.").withErrorAt(1, "api_error"),
                Reply.text("One two three four.").withEndAt(1),
                Reply.toolUse("weather", "{\"city\":\"Bonn\"}").withEndAt(1));

        assertThat(types("a")).containsOnlyOnce("content_block_delta").endsWith("error");
        assertThat(types("b")).containsOnlyOnce("content_block_delta").endsWith("content_block_delta");
        assertThat(types("c")).containsOnlyOnce("content_block_delta").endsWith("content_block_delta");
    }

    @Test
    void resetsTheConnectionAtTheGivenDelta() throws Exception {
        simulator.enqueue(Reply.text("One two three four.").withCutAt(2).withPace(Duration.ofMillis(50)));
        var isBroken = new boolean[1];

        String read = client.openAndReadAll(Client.body("a", true), isBroken);

        assertThat(isBroken[0]).isTrue();
        assertThat(read).doesNotContain("four");
    }

    @Test
    void rejectsAFaultThatIsNeverReached() {
        assertThatThrownBy(() -> Reply.text("One two").withCutAt(2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cut_at=2 is never reached: the reply has 2 deltas, counted from 0. Use a smaller number.");
        assertThatThrownBy(() -> Reply.text("One").with("cut_ta", "2"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cut_ta");
        assertThatThrownBy(() -> Reply.simulated().withText("One")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void answersWithAFunctionOfTheRequest() throws Exception {
        simulator.answerWith(request ->
                request.prompt().equals("capital") ? Reply.text("Berlin at " + request.model()) : Reply.simulated());

        assertThat(text(message("capital"))).isEqualTo("Berlin at claude-opus-5-5");
        assertThat(text(message("other"))).contains("simulator");
        simulator.enqueue(Reply.text("queued"));
        assertThat(text(message("capital"))).isEqualTo("queued");
        assertThat(text(message("capital"))).startsWith("Berlin");
    }

    @Test
    void reportsAFunctionThatFails() throws Exception {
        simulator.answerWith(request -> {
            throw new AssertionError("no such city");
        });
        assertThat(client.post(Client.body("a", false)).body()).contains("no such city");

        simulator.answerWith(request -> null);
        assertThat(client.post(Client.body("a", false)).body()).contains("returned null");
    }

    @Test
    void answersRequestsOfBatches() throws Exception {
        simulator.answerWith(request -> request.prompt().equals("bad")
                ? Reply.error(400, "invalid_request_error", "Bad.")
                : Reply.text("Good."));
        simulator.enqueue(Reply.text("not for batches"));

        String id = batch("good", "bad");
        String results = client.get("/v1/messages/batches/" + id + "/results").body();

        assertThat(results.lines()).hasSize(2);
        assertThat(results).contains("\"Good.\"").contains("\"Bad.\"").doesNotContain("not for");
        assertThat(client.get("/v1/messages/batches/" + id + "/results").body()).isEqualTo(results);
        assertThat(Client.json(client.get("/v1/messages/batches/" + id).body())
                        .getJsonObject("request_counts")
                        .getInt("errored"))
                .isEqualTo(1);
    }

    private String batch(String... prompts) throws Exception {
        var requests = Json.createArrayBuilder();
        for (String prompt : prompts) {
            requests.add(Json.createObjectBuilder()
                    .add("custom_id", prompt)
                    .add("params", Client.json(Client.body(prompt, false).replace("\"stream\":false,", ""))));
        }
        var body = Json.createObjectBuilder().add("requests", requests).build();
        return Client.json(client.send(
                                client.request("/v1/messages/batches").POST(BodyPublishers.ofString(body.toString())))
                        .body())
                .getString("id");
    }

    @Test
    void recordsRequests() throws Exception {
        client.get("/v1/models");
        client.post(Client.with(
                "\"tools\":[{\"name\":\"weather\",\"input_schema\":{\"type\":\"object\"}}]", "How is the weather?"));

        SimulatedRequest request = simulator.messages().get(0);

        assertThat(simulator.messages()).hasSize(1);
        assertThat(request.model()).isEqualTo("claude-opus-5-5");
        assertThat(request.prompt()).isEqualTo("How is the weather?");
        assertThat(request.isStreamed()).isTrue();
        assertThat(request.tools()).containsExactly("weather");
        assertThat(request.json().getInt("max_tokens")).isEqualTo(1024);
        assertThat(request.toString()).doesNotContain("How");
    }

    @Test
    void forgetRemovesRepliesAndRequests() throws Exception {
        simulator.enqueue(Reply.text("queued")).answerWith(request -> Reply.text("script"));
        message("a");
        simulator.enqueue(Reply.text("queued"));

        simulator.forget();

        assertThat(simulator.requests()).isEmpty();
        assertThat(simulator.queuedReplies()).isZero();
        assertThat(text(message("a"))).contains("simulator");
    }
}
