package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageRequestTest {

    @Test
    void asksOneQuestion() {
        assertThat(MessageRequest.of("m", 1024, "Hello").json()).isEqualTo(json("""
                {"model":"m","max_tokens":1024,"messages":[{"role":"user","content":"Hello"}]}"""));
    }

    @Test
    void buildsAConversation() {
        var request = MessageRequest.builder("m", 1)
                .system("Be brief.")
                .user("a")
                .assistant("b")
                .user(ContentBlock.Text.of("c"))
                .message("system", List.of(ContentBlock.Text.of("d")))
                .tool("n", "does", json("{\"type\":\"object\"}"))
                .thinking(json("{\"type\":\"adaptive\"}"))
                .stopSequences("###", "---")
                .with("any", JsonValue.TRUE)
                .build();

        assertThat(request.json()).isEqualTo(json("""
                {"model":"m","max_tokens":1,"system":"Be brief.","messages":[{"role":"user","content":"a"},
                {"role":"assistant","content":"b"},{"role":"user","content":[{"type":"text","text":"c"}]},
                {"role":"system","content":[{"type":"text","text":"d"}]}],
                "tools":[{"name":"n","description":"does","input_schema":{"type":"object"}}],
                "thinking":{"type":"adaptive"},"stop_sequences":["###","---"],"any":true}"""));
    }

    @Test
    void goesOnAfterAnAnswer() {
        var answer = Message.parse("""
                {"content":[{"type":"thinking","thinking":"","signature":"s"},{"type":"tool_use","id":"t","name":"n","input":{}}]}""");
        var first = MessageRequest.builder("m", 1)
                .user("a")
                .tool("n", "d", json("{}"))
                .build();
        var next = first.toBuilder()
                .assistant(answer)
                .user(ContentBlock.ToolResult.of("t", "42"))
                .build();

        assertThat(next.json()).isEqualTo(json("""
                {"model":"m","max_tokens":1,"tools":[{"name":"n","description":"d","input_schema":{}}],"messages":[
                {"role":"user","content":"a"},{"role":"assistant","content":[
                {"type":"thinking","thinking":"","signature":"s"},{"type":"tool_use","id":"t","name":"n","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"42"}]}]}"""));
        assertThat(first.json().getJsonArray("messages")).hasSize(1);
    }

    @Test
    void moreToolsJoinThoseThatAreThere() {
        var request = MessageRequest.builder("m", 1).user("a").tool("n", "d", json("{}")).build().toBuilder()
                .tool("o", "d", json("{}"))
                .build();

        assertThat(request.json().getJsonArray("tools"))
                .extracting(tool -> tool.asJsonObject().getString("name"))
                .containsExactly("n", "o");
    }

    @Test
    void keepsWhatNobodyKnows() {
        var text =
                "{\"future\":{\"b\":1,\"a\":2},\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"model\":\"m\"}";

        assertThat(MessageRequest.parse(text).json()).hasToString(text);
        assertThat(MessageRequest.parse(text).toBuilder().build().json()).isEqualTo(json(text));
    }

    @Test
    void streamsIfAskedTo() {
        var request = MessageRequest.of("m", 1, "a");

        assertThat(request.isStreaming()).isFalse();
        assertThat(request.withStream(true).isStreaming()).isTrue();
        assertThat(request.withStream(true).withStream(false).isStreaming()).isFalse();
        assertThat(request.withStream(true).model()).isEqualTo("m");
    }

    @Test
    void aStreamThatIsNullIsNone() {
        var request = MessageRequest.parse("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}],\"stream\":null}");

        assertThat(request.isStreaming()).isFalse();
        assertThat(request.json()).containsEntry("stream", JsonValue.NULL);
        assertThat(request.withStream(true).isStreaming()).isTrue();
    }

    @Test
    void readsModelAndMaxTokens() {
        var request = MessageRequest.of("m", 64_000, "a");

        assertThat(request.model()).isEqualTo("m");
        assertThat(request.maxTokens()).isEqualTo(64_000);
    }

    @Test
    void mayAskForNoTokens() {
        assertThat(MessageRequest.of("m", 0, "a").maxTokens()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"max_tokens\":1,\"messages\":[{}]}                              | model: Field required",
                "{\"model\":\" \",\"max_tokens\":1,\"messages\":[{}]}              | model: Input should be a valid string",
                "{\"model\":1,\"max_tokens\":1,\"messages\":[{}]}                  | model: Input should be a valid string",
                "{\"model\":\"m\",\"max_tokens\":1}                                | messages: Field required",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":\"a\"}             | messages: Input should be a valid array",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}                | messages: at least one message is required",
                "{\"model\":\"m\",\"messages\":[{}]}                               | max_tokens: Field required",
                "{\"model\":\"m\",\"max_tokens\":\"1\",\"messages\":[{}]}          | max_tokens: Input should be a valid integer",
                "{\"model\":\"m\",\"max_tokens\":1.5,\"messages\":[{}]}            | max_tokens: Input should be a valid integer",
                "{\"model\":\"m\",\"max_tokens\":9999999999,\"messages\":[{}]}     | max_tokens: Input should be a valid integer",
                "{\"model\":\"m\",\"max_tokens\":-1,\"messages\":[{}]}             | max_tokens: Input should be greater than or equal to 0",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}],\"stream\":1} | stream: Input should be a valid boolean",
            })
    void refusesWhatIsPlainlyWrong(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MessageRequest.parse(text))
                .withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{} x"})
    void anythingButAnObjectIsNoRequest(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MessageRequest.parse(text))
                .withMessage("The request body is not a valid JSON object");
    }

    private static JsonObject json(String text) {
        return JsonText.object(text).orElseThrow();
    }

    @Test
    void isWrittenAsItWasRead() {
        for (String text : Spellings.requests(false)) {
            MessageRequest request = MessageRequest.parse(text);

            assertThat(request.json()).hasToString(text);
            assertThat(request.withStream(false).json()).hasToString(text);
            assertThat(request.withStream(true).isStreaming()).isTrue();
            assertThat(new BatchRequest("a", request).json())
                    .hasToString("{\"custom_id\":\"a\",\"params\":" + text + "}");
        }
        for (String text : Spellings.requests(true)) {
            assertThat(MessageRequest.parse(text).withStream(true).json()).hasToString(text);
        }
    }

    @Test
    void hasItsStreamInFrontWhereItHasNone() {
        String text = " { \"model\":\"m\",\"max_tokens\":1.0,\"messages\":[{}]}";

        assertThat(MessageRequest.parse(text).withStream(true).json())
                .hasToString(" {\"stream\":true," + text.substring(2));
    }

    @Test
    void isEqualToOneThatWasBuilt() {
        MessageRequest built = MessageRequest.of("m", 1, "hi");
        MessageRequest read = MessageRequest.parse(" " + built.json());

        assertThat(read).isEqualTo(built).hasSameHashCodeAs(built);
        assertThat(built).isEqualTo(read);
    }
}
