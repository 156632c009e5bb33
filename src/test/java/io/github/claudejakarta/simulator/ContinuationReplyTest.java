package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import java.io.StringReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers to requests that continue an interrupted answer. */
class ContinuationReplyTest {

    private static final String OLD = "claude-sonnet-4-5";
    private static final String NEW = "claude-opus-5-5";
    private static final String PROMPT = "sim:events=4 size=9 ";

    private Simulator simulator;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        simulator = Simulator.start(Thread::new);
        client = Client.of(simulator);
    }

    @AfterEach
    void close() {
        simulator.close();
    }

    @Test
    void continuesWhereTheAnswerWasInterrupted() throws Exception {
        String whole = text(ask(NEW, user(PROMPT)));

        for (int at = 1; at < whole.length(); at++) {
            String said = whole.substring(0, at);
            assertThat(said + text(ask(NEW, user(PROMPT), assistant(said), user("Continue."))))
                    .as("%d", at)
                    .isEqualTo(whole);
            if (!said.endsWith(" ")) {
                assertThat(said + text(ask(OLD, user(PROMPT), assistant(said))))
                        .as("%d", at)
                        .isEqualTo(whole);
            }
        }
    }

    @Test
    void anotherConversationIsNotContinued() throws Exception {
        String whole = text(ask(NEW, user(PROMPT)));

        assertThat(text(ask(NEW, user(PROMPT), assistant(whole), user("sim:events=2"))))
                .startsWith("i=0;")
                .doesNotContain("i=2;");
        assertThat(text(ask(NEW, user(PROMPT), assistant("Something else"), user("sim:events=2"))))
                .startsWith("i=0;")
                .doesNotContain("i=2;");
    }

    @Test
    void theDirectiveSelectsTheBeginning() throws Exception {
        String whole = text(ask(NEW, user(PROMPT)));
        String said = whole.substring(0, 45);

        assertThat(text(ask(NEW, user(PROMPT + "sim:continuation=tail"), assistant(said), user("Continue."))))
                .isEqualTo(whole.substring(5));
        assertThat(text(ask(NEW, user(PROMPT + "sim:continuation=anew"), assistant(said), user("Continue."))))
                .isEqualTo(whole);
        JsonObject refusal = ask(NEW, user(PROMPT + "sim:continuation=refusal"), assistant(said), user("Continue."));
        assertThat(refusal.getString("stop_reason")).isEqualTo("refusal");
        assertThat(text(refusal)).isEmpty();
    }

    @Test
    void aToolCallThatIsMissingIsSent() throws Exception {
        String prompt = PROMPT + "sim:tool=1";
        String whole = text(ask(NEW, user(prompt)));

        JsonObject rest = ask(NEW, user(prompt), assistant(whole.substring(0, 20)), user("Continue."));

        assertThat(text(rest)).isEqualTo(whole.substring(20));
        assertThat(rest.getString("stop_reason")).isEqualTo("tool_use");
        assertThat(rest.getJsonArray("content").getJsonObject(1).getString("name"))
                .isEqualTo("get_weather");
    }

    @Test
    void faultsHappenAgainOnlyWithTimes() throws Exception {
        String said = "i=0;The quick";
        assertThat(stream(PROMPT + "cut_at=1 delay_us=20000", said)).contains("message_stop");
        String twice = PROMPT + "error_at=1 times=2 key=again";
        assertThat(client.post(body(NEW, true, user(twice))).body()).contains("overloaded_error");
        assertThat(stream(twice, said)).contains("overloaded_error");
        assertThat(stream(twice, said)).contains("message_stop");
    }

    private String stream(String prompt, String said) throws Exception {
        return client.post(body(NEW, true, user(prompt), assistant(said), user("Continue.")))
                .body();
    }

    @Test
    @Slow("every cut of a text")
    void aTextIsCutAtMaxTokens() throws Exception {
        String whole = text(ask(NEW, user("Hello!")));
        String said = whole.substring(0, 40);

        JsonObject rest = json(client.post(Json.createObjectBuilder(
                                json(body(NEW, false, user("Hello!"), assistant(said), user("Continue."))))
                        .add("max_tokens", 5)
                        .build()
                        .toString())
                .body());

        assertThat(text(rest)).isEqualTo(whole.substring(40, 60));
        assertThat(rest.getString("stop_reason")).isEqualTo("max_tokens");
        assertThat(rest.getJsonObject("usage").getInt("output_tokens")).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude-opus-4-6", "claude-opus-5-5", "claude-haiku-5-5"})
    void laterModelsRejectAPrefill(String model) throws Exception {
        var response = client.post(body(model, false, user("Hi"), assistant("Hello")));

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("does not support assistant message prefill");
    }

    @Test
    void aPrefillMustNotEndWithWhiteSpace() throws Exception {
        assertThat(client.post(body(OLD, false, user("Hi"), assistant("Hello ")))
                        .body())
                .contains("cannot end with trailing whitespace");
        assertThat(client.post(body(OLD, false, user(" "))).body()).contains("must contain non-whitespace text");
    }

    private JsonObject ask(String model, JsonObject... turns) throws Exception {
        var response = client.post(body(model, false, turns));
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return json(response.body());
    }

    private static String body(String model, boolean isStreamed, JsonObject... turns) {
        JsonArrayBuilder messages = Json.createArrayBuilder();
        for (JsonObject turn : turns) {
            messages.add(turn);
        }
        return Json.createObjectBuilder()
                .add("model", model)
                .add("max_tokens", 500)
                .add("stream", isStreamed)
                .add("messages", messages)
                .build()
                .toString();
    }

    private static JsonObject user(String text) {
        return turn("user", text);
    }

    private static JsonObject assistant(String text) {
        return turn("assistant", text);
    }

    private static JsonObject turn(String role, String text) {
        return Json.createObjectBuilder()
                .add("role", role)
                .add(
                        "content",
                        Json.createArrayBuilder()
                                .add(Json.createObjectBuilder()
                                        .add("type", "text")
                                        .add("text", text)))
                .build();
    }

    private static String text(JsonObject message) {
        var text = new StringBuilder();
        message.getJsonArray("content").getValuesAs(JsonObject.class).stream()
                .filter(block -> block.getString("type").equals("text"))
                .forEach(block -> text.append(block.getString("text")));
        return text.toString();
    }

    private static JsonObject json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        }
    }
}
