package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentBlockTest {

    @ParameterizedTest
    @CsvSource({
        "text, Text",
        "thinking, Thinking",
        "redacted_thinking, RedactedThinking",
        "tool_use, ToolUse",
        "server_tool_use, ServerToolUse",
        "mcp_tool_use, McpToolUse",
        "web_search_tool_result, WebSearchToolResult",
        "web_fetch_tool_result, WebFetchToolResult",
        "code_execution_tool_result, CodeExecutionToolResult",
        "bash_code_execution_tool_result, BashCodeExecutionToolResult",
        "text_editor_code_execution_tool_result, TextEditorCodeExecutionToolResult",
        "tool_search_tool_result, ToolSearchToolResult",
        "mcp_tool_result, McpToolResult",
        "advisor_tool_result, AdvisorToolResult",
        "container_upload, ContainerUpload",
        "compaction, Compaction",
        "fallback, Fallback",
        "tool_result, ToolResult",
        "image, Image",
        "document, Document",
        "hologram, Unknown",
    })
    void everyTypeHasItsRecord(String type, String record) {
        var block = block("{\"type\":\"" + type + "\",\"nobody_knows\":1}");

        assertThat(block.getClass().getSimpleName()).isEqualTo(record);
        assertThat(block.type()).isEqualTo(type);
        assertThat(block.json()).containsKey("nobody_knows");
    }

    @Test
    void aBlockWithoutATypeIsUnknown() {
        assertThat(block("{}")).isInstanceOf(ContentBlock.Unknown.class);
    }

    @Test
    void textsHaveCitations() {
        var text = (ContentBlock.Text)
                block("{\"type\":\"text\",\"text\":\"a\",\"citations\":[{\"type\":\"page_location\"}]}");

        assertThat(text.text()).isEqualTo("a");
        assertThat(text.citations()).hasSize(1).first().isInstanceOf(Citation.PageLocation.class);
    }

    @Test
    void citationsMayBeNullOrAbsent() {
        assertThat(((ContentBlock.Text) block("{\"type\":\"text\",\"text\":\"a\",\"citations\":null}")).citations())
                .isEmpty();
        assertThat(((ContentBlock.Text) block("{\"type\":\"text\",\"text\":\"a\"}")).citations())
                .isEmpty();
    }

    @Test
    void fieldsThatAreMissingReadAsEmpty() {
        assertThat(((ContentBlock.Text) block("{\"type\":\"text\"}")).text()).isEmpty();
        assertThat(((ContentBlock.ToolUse) block("{\"type\":\"tool_use\"}")).input())
                .isEmpty();
        assertThat(((ContentBlock.ToolUse) block("{\"type\":\"tool_use\",\"input\":\"text\"}")).input())
                .isEmpty();
        assertThat(((ContentBlock.Fallback) block("{\"type\":\"fallback\",\"to\":7}")).toModel())
                .isEmpty();
    }

    @Test
    void thinkingHasASignature() {
        var thinking = (ContentBlock.Thinking) block("{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"}");

        assertThat(thinking.thinking()).isEqualTo("hm");
        assertThat(thinking.signature()).isEqualTo("s");
        assertThat(((ContentBlock.RedactedThinking) block("{\"type\":\"redacted_thinking\",\"data\":\"d\"}")).data())
                .isEqualTo("d");
    }

    @Test
    void toolCallsHaveAnInputAndACaller() {
        var call = (ContentBlock.McpToolUse) block("""
                {"type":"mcp_tool_use","id":"t","name":"n","server_name":"s","input":{"a":1},"caller":{"type":"direct"}}""");

        assertThat(call.id()).isEqualTo("t");
        assertThat(call.name()).isEqualTo("n");
        assertThat(call.serverName()).isEqualTo("s");
        assertThat(call.input()).isEqualTo(json("{\"a\":1}"));
        assertThat(call.caller()).contains(json("{\"type\":\"direct\"}"));
    }

    @Test
    void serverToolsAnswerWithAResultOrAnError() {
        var found = (ContentBlock.ServerToolResult) block("""
                {"type":"web_search_tool_result","tool_use_id":"t","content":[{"type":"web_search_result"}]}""");
        var failed = (ContentBlock.ServerToolResult) block("""
                {"type":"web_search_tool_result","tool_use_id":"t","content":
                {"type":"web_search_tool_result_error","error_code":"max_uses_exceeded"}}""");

        assertThat(found.toolUseId()).isEqualTo("t");
        assertThat(found.content()).isPresent();
        assertThat(found.errorCode()).isEmpty();
        assertThat(failed.errorCode()).contains("max_uses_exceeded");
    }

    @Test
    void readsTheOtherResults() {
        assertThat(((ContentBlock.McpToolResult) block("{\"type\":\"mcp_tool_result\",\"is_error\":true}")).isError())
                .isTrue();
        assertThat(((ContentBlock.ContainerUpload) block("{\"type\":\"container_upload\",\"file_id\":\"f\"}")).fileId())
                .isEqualTo("f");
    }

    @Test
    void readsCompactionsAndFallbacks() {
        var compaction = (ContentBlock.Compaction)
                block("{\"type\":\"compaction\",\"content\":\"c\",\"encrypted_content\":null}");
        var fallback = (ContentBlock.Fallback) block("""
                {"type":"fallback","from":{"model":"a"},"to":{"model":"b"},"trigger":{"type":"refusal"}}""");

        assertThat(compaction.content()).contains("c");
        assertThat(compaction.encryptedContent()).isEmpty();
        assertThat(fallback.fromModel()).contains("a");
        assertThat(fallback.toModel()).contains("b");
        assertThat(fallback.trigger()).contains(json("{\"type\":\"refusal\"}"));
    }

    @Test
    void writesTexts() {
        assertThat(ContentBlock.Text.of("a").json()).isEqualTo(json("{\"type\":\"text\",\"text\":\"a\"}"));
    }

    @Test
    void writesToolResults() {
        assertThat(ContentBlock.ToolResult.of("t", "a").json()).isEqualTo(json("""
                {"type":"tool_result","tool_use_id":"t","content":"a"}"""));
        assertThat(ContentBlock.ToolResult.of("t", List.of(ContentBlock.Text.of("a")))
                        .json())
                .isEqualTo(json("""
                {"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"a"}]}"""));
        assertThat(ContentBlock.ToolResult.error("t", "a").json()).isEqualTo(json("""
                {"type":"tool_result","tool_use_id":"t","content":"a","is_error":true}"""));
    }

    @Test
    void writesTheResultForInvalidJson() {
        assertThat(ContentBlock.ToolResult.invalidJson("t", "{\"a").json()).isEqualTo(json("""
                {"type":"tool_result","tool_use_id":"t","content":"{\\"INVALID_JSON\\":\\"{\\\\\\"a\\"}","is_error":true}"""));
    }

    @Test
    void writesImagesAndDocuments() {
        assertThat(ContentBlock.Image.ofBase64("image/png", "AA==").json()).isEqualTo(json("""
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}"""));
        assertThat(ContentBlock.Image.ofUrl(URI.create("https://a.example/b.png"))
                        .json())
                .isEqualTo(json("""
                {"type":"image","source":{"type":"url","url":"https://a.example/b.png"}}"""));
        assertThat(ContentBlock.Document.ofText("a").json()).isEqualTo(json("""
                {"type":"document","source":{"type":"text","media_type":"text/plain","data":"a"}}"""));
    }

    private static ContentBlock block(String text) {
        return ContentBlock.of(json(text));
    }

    private static JsonObject json(String text) {
        return JsonText.object(text).orElseThrow();
    }
}
