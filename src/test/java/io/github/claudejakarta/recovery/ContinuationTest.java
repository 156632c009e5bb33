package io.github.claudejakarta.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContinuationTest {

    private static final String OLD = "claude-sonnet-4-5";
    private static final String NEW = "claude-opus-5-5";

    private final RecoverySettings settings = new RecoverySettings(RecoveryMode.CONTINUE, RecoverySettings.UP_TO_4_5);

    @Test
    void anOlderModelGetsAPrefilledTurn() {
        String request =
                "{\"model\": \"m\", \"max_tokens\": 100, \"messages\": [{\"role\": \"user\", \"content\": \"Grüße, 漢字 😀\"}], \"x\": [1]}";

        assertThat(body(request, OLD, 7, "The tide"))
                .isEqualTo(
                        "{\"model\": \"m\", \"max_tokens\": 93, \"messages\": "
                                + "[{\"role\": \"user\", \"content\": \"Grüße, 漢字 😀\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"The tide\"}]}], \"x\": [1]}");
    }

    @Test
    void aLaterModelGetsAUserTurn() {
        var messages = json(body(request(""), NEW, 7, "The tide")).getJsonArray("messages");

        assertThat(messages).hasSize(3);
        assertThat(messages.getJsonObject(1))
                .isEqualTo(json("{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"The tide\"}]}"));
        assertThat(messages.getJsonObject(2).getString("role")).isEqualTo("user");
        assertThat(messages.getJsonObject(2)
                        .getJsonArray("content")
                        .getJsonObject(0)
                        .getString("text"))
                .isEqualTo(Continuation.PROMPT);
    }

    /** Claude rejects a turn that ends with blanks, and does not accept a prefilled turn with thinking. */
    @Test
    void removesBlanksAtTheEndOfAPrefilledTurn() {
        var messages = json(body(request(""), OLD, 7, "The tide \n")).getJsonArray("messages");

        assertThat(messages.getJsonObject(1)
                        .getJsonArray("content")
                        .getJsonObject(0)
                        .getString("text"))
                .isEqualTo("The tide");
    }

    @Test
    void anOlderModelWithThinkingGetsAUserTurn() {
        var messages = json(body(
                        request(",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}"), OLD, 7, "The tide"))
                .getJsonArray("messages");

        assertThat(messages).hasSize(3);
    }

    @Test
    void repeatsTheRequestOfAnEmptyAnswer() {
        assertThat(json(body(request(""), NEW, 0, "  ")).getJsonArray("messages"))
                .hasSize(1);
        assertThat(json(body(request(""), OLD, 0)).getJsonArray("messages")).hasSize(1);
    }

    @Test
    void sendsFinishedThinkingBackUnchanged() {
        var events = startedAnswer();
        events.add(event(
                "content_block_start",
                "\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"));
        events.add(event(
                "content_block_delta", "\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Hm\"}"));
        events.add(event(
                "content_block_delta", "\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"sig\"}"));
        events.add(event("content_block_stop", "\"index\":0"));
        byte[] alone = Continuation.of(
                        request("").getBytes(StandardCharsets.UTF_8), NEW, PartialAnswer.of(events), 0, settings)
                .body();
        events.add(event("content_block_start", "\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
        events.add(event("content_block_delta", "\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"The\"}"));
        byte[] withText = Continuation.of(
                        request("").getBytes(StandardCharsets.UTF_8), NEW, PartialAnswer.of(events), 0, settings)
                .body();

        assertThat(json(new String(alone, StandardCharsets.UTF_8)).getJsonArray("messages"))
                .as("a turn cannot end with thinking")
                .hasSize(1);
        assertThat(json(new String(withText, StandardCharsets.UTF_8))
                        .getJsonArray("messages")
                        .getJsonObject(1)
                        .getJsonArray("content"))
                .isEqualTo(
                        json("{\"content\":[{\"type\":\"thinking\",\"thinking\":\"Hm\",\"signature\":\"sig\"},{\"type\":\"text\",\"text\":\"The\"}]}")
                                .getJsonArray("content"));
    }

    @Test
    void reducesMaxTokensByTheUsedTokens() {
        assertThat(json(body(request(""), NEW, 30, "x")).getInt("max_tokens")).isEqualTo(70);
        assertThat(json(body(request(""), NEW, 100, "x")).getInt("max_tokens")).isEqualTo(1);
        assertThat(json(body(request(""), NEW, 1_000, "x")).getInt("max_tokens"))
                .isEqualTo(1);
    }

    @Test
    void keepsTheThinkingBudgetBelowMaxTokens() {
        String thinking =
                "{\"max_tokens\":4096,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":3000}}";

        assertThat(json(body(thinking, NEW, 96, "x")).getJsonObject("thinking").getInt("budget_tokens"))
                .isEqualTo(3000);
        assertThat(json(body(thinking, NEW, 2096, "x"))
                        .getJsonObject("thinking")
                        .getInt("budget_tokens"))
                .isEqualTo(1999);
        assertThat(json(body(thinking, NEW, 3096, "x")).getJsonObject("thinking"))
                .isEqualTo(json("{\"type\":\"disabled\"}"));
    }

    @Test
    void readsNumbersInAnyNotation() {
        assertThat(body("{\"messages\":[{}],\"max_tokens\": 1e3 }", NEW, 10, "x"))
                .contains("\"max_tokens\": 990 }");
        assertThat(body("{\"messages\":[{}],\"max_tokens\":1000.0}", NEW, 10, "x"))
                .endsWith("\"max_tokens\":990}");
    }

    @Test
    void theLastOfDuplicateKeysCounts() {
        String twice =
                "{\"max_tokens\":5,\"messages\":[],\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

        var body = json(body(twice, OLD, 10, "x"));

        assertThat(body.getInt("max_tokens")).isEqualTo(90);
        assertThat(body.getJsonArray("messages")).hasSize(2);
    }

    @Test
    void rejectsABodyThatIsNotARequestForAMessage() {
        assertThatThrownBy(() -> body("{\"stream\":true}", NEW, 0, "x")).isInstanceOf(IllegalArgumentException.class);
    }

    /** Claude rejects a text with half a surrogate pair. */
    @Test
    void omitsHalfACharacterAtTheEnd() {
        for (String model : List.of(OLD, NEW)) {
            var messages = json(body(request(""), model, 7, "The tide \ud83c\udf0a \ud83d"))
                    .getJsonArray("messages");

            assertThat(messages.getJsonObject(1)
                            .getJsonArray("content")
                            .getJsonObject(0)
                            .getString("text")
                            .stripTrailing())
                    .isEqualTo("The tide \ud83c\udf0a");
        }
        assertThat(json(body(request(""), NEW, 0, "\ud83d")).getJsonArray("messages"))
                .as("the answer is empty")
                .hasSize(1);
    }

    @Test
    void loneSurrogatesWithinTheTextAreReplaced() {
        assertThat(body(request(""), NEW, 7, "a \ud83d b"))
                .contains("a \ufffd b")
                .doesNotContain("?");
    }

    /** The request belongs to the caller and is sent back unchanged. */
    @Test
    void doesNotChangeTheRequestItself() {
        assertThat(body(
                        "{\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83d\"}],\"n\":1E400}",
                        NEW,
                        7,
                        "x"))
                .startsWith("{\"max_tokens\":93,\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83d\"},")
                .endsWith("],\"n\":1E400}");
    }

    private static String request(String more) {
        return "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" + more + "}";
    }

    private String body(String request, String model, long spent, String... text) {
        var events = startedAnswer();
        for (int i = 0; i < text.length; i++) {
            events.add(event(
                    "content_block_start", "\"index\":" + i + ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
            events.add(event(
                    "content_block_delta",
                    "\"index\":" + i + ",\"delta\":{\"type\":\"text_delta\",\"text\":"
                            + JsonText.text(Json.createValue(text[i])) + "}"));
        }
        return new String(
                Continuation.of(
                                request.getBytes(StandardCharsets.UTF_8),
                                model,
                                PartialAnswer.of(events),
                                spent,
                                settings)
                        .body(),
                StandardCharsets.UTF_8);
    }

    private static List<ServerSentEvent> startedAnswer() {
        return new ArrayList<>(List.of(event("message_start", "\"message\":{\"id\":\"msg_1\",\"content\":[]}")));
    }

    private static ServerSentEvent event(String name, String members) {
        return ServerSentEvent.of(name, "{\"type\":\"" + name + "\"," + members + "}");
    }

    private static JsonObject json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        }
    }
}
