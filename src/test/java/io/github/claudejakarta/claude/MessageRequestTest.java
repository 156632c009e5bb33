package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.core.ObjectMappers;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.OutputConfig;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageRequestTest {

    @Test
    void hasOneUserMessage() {
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

    private static MessageRequest withEverything() {
        return MessageRequest.builder("claude-opus-5-5", 1024)
                .system(
                        ContentBlock.Text.of("Be brief."),
                        ContentBlock.Text.of("Rules").cachedForAnHour())
                .user(
                        ContentBlock.Document.ofText("t")
                                .withTitle("T")
                                .withContext("C")
                                .withCitations(),
                        ContentBlock.Document.ofBytes("application/pdf", new byte[] {1, 2})
                                .withCitations(),
                        ContentBlock.Document.ofUrl(URI.create("https://a/b.pdf"))
                                .withCitations(),
                        ContentBlock.Document.ofFile("file_1").withCitations(),
                        ContentBlock.Document.ofContent(List.of(ContentBlock.Text.of("x")))
                                .withCitations()
                                .cached(),
                        ContentBlock.Image.ofBytes("image/png", new byte[] {3}),
                        ContentBlock.Image.ofUrl(URI.create("https://a/b.png")),
                        ContentBlock.Image.ofFile("file_2").cached(),
                        ContentBlock.ToolResult.of("toolu_1", "r").cached())
                .tool("n", "does", json("{\"type\":\"object\"}"))
                .toolChoice(ToolChoice.auto().withoutParallelUse())
                .adaptiveThinking()
                .effort(Effort.XHIGH)
                .userId("u-1")
                .stopSequences("###")
                .cached()
                .build();
    }

    @Test
    void buildsEveryFieldOfTheApi() {
        assertThat(withEverything().json()).isEqualTo(json("""
                {"model":"claude-opus-5-5","max_tokens":1024,
                "system":[{"type":"text","text":"Be brief."},
                {"type":"text","text":"Rules","cache_control":{"type":"ephemeral","ttl":"1h"}}],
                "messages":[{"role":"user","content":[
                {"type":"document","source":{"type":"text","media_type":"text/plain","data":"t"},"title":"T","context":"C","citations":{"enabled":true}},
                {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AQI="},"citations":{"enabled":true}},
                {"type":"document","source":{"type":"url","url":"https://a/b.pdf"},"citations":{"enabled":true}},
                {"type":"document","source":{"type":"file","file_id":"file_1"},"citations":{"enabled":true}},
                {"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]},"citations":{"enabled":true},"cache_control":{"type":"ephemeral"}},
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"Aw=="}},
                {"type":"image","source":{"type":"url","url":"https://a/b.png"}},
                {"type":"image","source":{"type":"file","file_id":"file_2"},"cache_control":{"type":"ephemeral"}},
                {"type":"tool_result","tool_use_id":"toolu_1","content":"r","cache_control":{"type":"ephemeral"}}]}],
                "tools":[{"name":"n","description":"does","input_schema":{"type":"object"}}],
                "tool_choice":{"type":"auto","disable_parallel_tool_use":true},
                "thinking":{"type":"adaptive"},"output_config":{"effort":"xhigh"},"metadata":{"user_id":"u-1"},
                "stop_sequences":["###"],"cache_control":{"type":"ephemeral"}}"""));
    }

    /** The SDK knows every field and its type. */
    @Test
    void theOfficialSdkReadsTheRequest() throws Exception {
        MessageCreateParams.Body body = ObjectMappers.jsonMapper()
                .readValue(withEverything().json().toString(), MessageCreateParams.Body.class)
                .validate();

        assertThat(body._additionalProperties()).isEmpty();
        assertThat(body.outputConfig().orElseThrow().effort()).contains(OutputConfig.Effort.XHIGH);
        assertThat(body.messages().get(0).content().asContentBlockParams())
                .filteredOn(ContentBlockParam::isDocument)
                .extracting(block -> block.asDocument())
                .hasSize(5)
                .allSatisfy(document -> {
                    assertThat(document._additionalProperties()).isEmpty();
                    assertThat(document.citations().orElseThrow().enabled()).contains(true);
                });
        assertThat(body.cacheControl()).isPresent();
        assertThat(body.metadata().orElseThrow().userId()).contains("u-1");
    }

    @Test
    void choosesTools() {
        assertThat(ToolChoice.any().json()).isEqualTo(json("{\"type\":\"any\"}"));
        assertThat(ToolChoice.none().json()).isEqualTo(json("{\"type\":\"none\"}"));
        assertThat(ToolChoice.tool("n").withoutParallelUse().json())
                .isEqualTo(json("{\"type\":\"tool\",\"name\":\"n\",\"disable_parallel_tool_use\":true}"));
        assertThatThrownBy(() -> ToolChoice.none().withoutParallelUse()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void effortAndUserKeepOtherFields() {
        assertThat(MessageRequest.builder("m", 1)
                        .user("a")
                        .with("output_config", json("{\"format\":{\"type\":\"json_schema\"}}"))
                        .with("metadata", json("{\"x\":1}"))
                        .effort(Effort.LOW)
                        .userId("u")
                        .cachedForAnHour()
                        .tool(json("{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}"))
                        .build()
                        .json())
                .isEqualTo(json("""
                {"model":"m","max_tokens":1,"output_config":{"format":{"type":"json_schema"},"effort":"low"},
                "metadata":{"x":1,"user_id":"u"},"cache_control":{"type":"ephemeral","ttl":"1h"},
                "tools":[{"type":"web_search_20250305","name":"web_search"}],
                "messages":[{"role":"user","content":"a"}]}"""));
    }

    @Test
    void textInBytesIsATextDocument() {
        assertThat(ContentBlock.Document.ofBytes("text/plain", "é".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(ContentBlock.Document.ofText("é"));
    }

    @Test
    void anyBlockMayBeACacheBreakpoint() {
        ContentBlock call = ContentBlock.of(json("{\"type\":\"tool_use\",\"id\":\"t\"}"));

        assertThat(call.cached())
                .isEqualTo(ContentBlock.of(
                        json("{\"type\":\"tool_use\",\"id\":\"t\",\"cache_control\":{\"type\":\"ephemeral\"}}")));
        assertThat(call.cached().cachedForAnHour())
                .isEqualTo(
                        ContentBlock.of(
                                json(
                                        "{\"type\":\"tool_use\",\"id\":\"t\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}")));
    }

    @Test
    void leavesModelAndTokensToTheDefaults() {
        var request = MessageRequest.of("hi");

        assertThat(request.json()).isEqualTo(json("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"));
        assertThat(request.hasModel()).isFalse();
        assertThat(request.hasMaxTokens()).isFalse();
        assertThat(request.model()).isEmpty();
        assertThat(request.withModel("m").withMaxTokens(0).json())
                .hasToString(
                        "{\"max_tokens\":0,\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(MessageRequest.builder().model("m").maxTokens(3).user("hi").build())
                .isEqualTo(MessageRequest.of("m", 3, "hi"));
    }

    @Test
    void continuesAfterAnAnswer() {
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
    void addedToolsKeepEarlierTools() {
        var request = MessageRequest.builder("m", 1).user("a").tool("n", "d", json("{}")).build().toBuilder()
                .tool("o", "d", json("{}"))
                .build();

        assertThat(request.json().getJsonArray("tools"))
                .extracting(tool -> tool.asJsonObject().getString("name"))
                .containsExactly("n", "o");
    }

    @Test
    void keepsUnknownFields() {
        var text =
                "{\"future\":{\"b\":1,\"a\":2},\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"model\":\"m\"}";

        assertThat(MessageRequest.parse(text).json()).hasToString(text);
        assertThat(MessageRequest.parse(text).toBuilder().build().json()).isEqualTo(json(text));
    }

    @Test
    void streamsIfRequested() {
        var request = MessageRequest.of("m", 1, "a");

        assertThat(request.isStreaming()).isFalse();
        assertThat(request.withStream(true).isStreaming()).isTrue();
        assertThat(request.withStream(true).withStream(false).isStreaming()).isFalse();
        assertThat(request.withStream(true).model()).isEqualTo("m");
    }

    @Test
    void aNullStreamIsFalse() {
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
    void mayRequestZeroTokens() {
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
    void rejectsObviousErrors(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MessageRequest.parse(text))
                .withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{} x"})
    void rejectsTextThatIsNotAnObject(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MessageRequest.parse(text))
                .withMessage("The request body is not a valid JSON object");
    }

    private static JsonObject json(String text) {
        return JsonText.object(text).orElseThrow();
    }

    @Test
    void isWrittenVerbatim() {
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
    void insertsAnAbsentStreamAtTheBeginning() {
        String text = " { \"model\":\"m\",\"max_tokens\":1.0,\"messages\":[{}]}";

        assertThat(MessageRequest.parse(text).withStream(true).json())
                .hasToString(" {\"stream\":true," + text.substring(2));
    }

    @Test
    void equalsABuiltRequest() {
        MessageRequest built = MessageRequest.of("m", 1, "hi");
        MessageRequest read = MessageRequest.parse(" " + built.json());

        assertThat(read).isEqualTo(built).hasSameHashCodeAs(built);
        assertThat(built).isEqualTo(read);
    }
}
