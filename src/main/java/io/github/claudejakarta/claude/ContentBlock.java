package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A part of a message's content. To replay a block of Claude, send its {@link #json()} back unchanged; Claude rejects a
 * changed thinking block. The factories create the blocks that applications write.
 */
@PublicApi
@JsonbTypeAdapter(ContentBlock.Adapter.class)
public sealed interface ContentBlock extends JsonBacked {

    @Override
    JsonObject json();

    default String type() {
        return Fields.textOrEmpty(json(), "type");
    }

    /**
     * Returns this block with a cache breakpoint: Claude caches the prompt up to and including the block for five
     * minutes. A later request that begins in the same way reads it from the cache. Claude does not accept this for
     * thinking. {@link MessageRequest.Builder#cached()} sets the breakpoint for a whole request.
     */
    default ContentBlock cached() {
        return of(CacheControl.FIVE_MINUTES.on(json()));
    }

    /**
     * Returns this block with a cache breakpoint like {@link #cached()}, but for an hour. Writing to the cache costs
     * more.
     */
    default ContentBlock cachedForAnHour() {
        return of(CacheControl.HOUR.on(json()));
    }

    static ContentBlock of(JsonObject json) {
        return switch (Fields.textOrEmpty(json, "type")) {
            case "text" -> new Text(json);
            case "thinking" -> new Thinking(json);
            case "redacted_thinking" -> new RedactedThinking(json);
            case "tool_use" -> new ToolUse(json);
            case "server_tool_use" -> new ServerToolUse(json);
            case "mcp_tool_use" -> new McpToolUse(json);
            case "web_search_tool_result" -> new WebSearchToolResult(json);
            case "web_fetch_tool_result" -> new WebFetchToolResult(json);
            case "code_execution_tool_result" -> new CodeExecutionToolResult(json);
            case "bash_code_execution_tool_result" -> new BashCodeExecutionToolResult(json);
            case "text_editor_code_execution_tool_result" -> new TextEditorCodeExecutionToolResult(json);
            case "tool_search_tool_result" -> new ToolSearchToolResult(json);
            case "mcp_tool_result" -> new McpToolResult(json);
            case "advisor_tool_result" -> new AdvisorToolResult(json);
            case "container_upload" -> new ContainerUpload(json);
            case "compaction" -> new Compaction(json);
            case "fallback" -> new Fallback(json);
            case "tool_result" -> new ToolResult(json);
            case "image" -> new Image(json);
            case "document" -> new Document(json);
            default -> new Unknown(json);
        };
    }

    /**
     * A call of a tool by Claude. In a stream the input is {@code {}} until the block has stopped. It remains
     * {@code {}} if the streamed input is not a JSON object ({@link Message#unparsedInput}).
     */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    sealed interface ToolCall extends ContentBlock {

        default String id() {
            return Fields.textOrEmpty(json(), "id");
        }

        default String name() {
            return Fields.textOrEmpty(json(), "name");
        }

        default JsonObject input() {
            return Fields.object(json(), "input").orElse(JsonValue.EMPTY_JSON_OBJECT);
        }

        /** Returns the caller of the tool: Claude itself (<code>{"type":"direct"}</code>), or code that Claude runs. */
        default Optional<JsonObject> caller() {
            return Fields.object(json(), "caller");
        }
    }

    /** The result of a tool that Anthropic runs. */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    sealed interface ServerToolResult extends ContentBlock {

        /** Returns the id of the call that this result answers. */
        default String toolUseId() {
            return Fields.textOrEmpty(json(), "tool_use_id");
        }

        /** Returns the result: an object or an array, depending on the tool. */
        default Optional<JsonValue> content() {
            return Fields.value(json(), "content");
        }

        /** Returns the error code of a tool that failed; empty for a tool that succeeded. */
        default Optional<String> errorCode() {
            return Fields.object(json(), "content").flatMap(content -> Fields.text(content, "error_code"));
        }
    }

    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record Text(JsonObject json) implements ContentBlock {

        public static Text of(String text) {
            return new Text(
                    JsonText.builder().add("type", "text").add("text", text).build());
        }

        @Override
        public Text cached() {
            return new Text(CacheControl.FIVE_MINUTES.on(json));
        }

        @Override
        public Text cachedForAnHour() {
            return new Text(CacheControl.HOUR.on(json));
        }

        /** Returns a copy with another text. */
        public Text withText(String text) {
            return new Text(JsonText.builder(json).add("text", text).build());
        }

        public String text() {
            return Fields.textOrEmpty(json, "text");
        }

        public List<Citation> citations() {
            return Fields.objects(json, "citations").stream().map(Citation::of).toList();
        }
    }

    /** A thinking block. Its text may be empty; the block must be sent back even then. */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record Thinking(JsonObject json) implements ContentBlock {

        public String thinking() {
            return Fields.textOrEmpty(json, "thinking");
        }

        public String signature() {
            return Fields.textOrEmpty(json, "signature");
        }
    }

    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record RedactedThinking(JsonObject json) implements ContentBlock {

        public String data() {
            return Fields.textOrEmpty(json, "data");
        }
    }

    /** A call of the application's own tool. The application has to answer with a {@link ToolResult}. */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record ToolUse(JsonObject json) implements ToolCall {}

    /** A call of a tool that Anthropic runs. The result follows in the same message. */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record ServerToolUse(JsonObject json) implements ToolCall {}

    /** A call of a tool of an MCP server by Anthropic (beta). */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record McpToolUse(JsonObject json) implements ToolCall {

        public String serverName() {
            return Fields.textOrEmpty(json, "server_name");
        }
    }

    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record WebSearchToolResult(JsonObject json) implements ServerToolResult {}

    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record WebFetchToolResult(JsonObject json) implements ServerToolResult {}

    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record CodeExecutionToolResult(JsonObject json) implements ServerToolResult {}

    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record BashCodeExecutionToolResult(JsonObject json) implements ServerToolResult {}

    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record TextEditorCodeExecutionToolResult(JsonObject json) implements ServerToolResult {}

    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record ToolSearchToolResult(JsonObject json) implements ServerToolResult {}

    /** The result of a tool of an MCP server (beta). */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record McpToolResult(JsonObject json) implements ServerToolResult {

        public boolean isError() {
            return Fields.isTrue(json, "is_error");
        }
    }

    /** The result of the advisor tool (beta). */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record AdvisorToolResult(JsonObject json) implements ServerToolResult {}

    /** A file that code wrote in the container. */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record ContainerUpload(JsonObject json) implements ContentBlock {

        public String fileId() {
            return Fields.textOrEmpty(json, "file_id");
        }
    }

    /** A summary that replaces earlier turns (beta). */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record Compaction(JsonObject json) implements ContentBlock {

        public Optional<String> content() {
            return Fields.text(json, "content");
        }

        public Optional<String> encryptedContent() {
            return Fields.text(json, "encrypted_content");
        }
    }

    /** A change of the model: another model writes the blocks that follow (beta). */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record Fallback(JsonObject json) implements ContentBlock {

        public Optional<String> fromModel() {
            return model("from");
        }

        public Optional<String> toModel() {
            return model("to");
        }

        /** Returns the reason of the change, for example <code>{"type":"refusal","category":...}</code>. */
        public Optional<JsonObject> trigger() {
            return Fields.object(json, "trigger");
        }

        private Optional<String> model(String key) {
            return Fields.object(json, key).flatMap(end -> Fields.text(end, "model"));
        }
    }

    /** The application's answer to a {@link ToolUse}, in a user message. */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record ToolResult(JsonObject json) implements ContentBlock {

        public static ToolResult of(String toolUseId, String content) {
            return new ToolResult(builder(toolUseId).add("content", content).build());
        }

        public static ToolResult of(String toolUseId, List<? extends ContentBlock> content) {
            var blocks = JsonText.array();
            content.forEach(block -> blocks.add(block.json()));
            return new ToolResult(builder(toolUseId).add("content", blocks).build());
        }

        /** Returns a result that reports the failure of the tool to Claude. */
        public static ToolResult error(String toolUseId, String content) {
            return new ToolResult(builder(toolUseId)
                    .add("content", content)
                    .add("is_error", true)
                    .build());
        }

        /**
         * Returns a result that reports to Claude that its input was not valid JSON, in the format that Anthropic
         * recommends.
         */
        public static ToolResult invalidJson(String toolUseId, String rawInput) {
            return error(
                    toolUseId,
                    JsonText.builder().add("INVALID_JSON", rawInput).build().toString());
        }

        @Override
        public ToolResult cached() {
            return new ToolResult(CacheControl.FIVE_MINUTES.on(json));
        }

        @Override
        public ToolResult cachedForAnHour() {
            return new ToolResult(CacheControl.HOUR.on(json));
        }

        public String toolUseId() {
            return Fields.textOrEmpty(json, "tool_use_id");
        }

        /** Returns the content: a string or an array of blocks. */
        public Optional<JsonValue> content() {
            return Fields.value(json, "content");
        }

        public boolean isError() {
            return Fields.isTrue(json, "is_error");
        }

        private static JsonObjectBuilder builder(String toolUseId) {
            return JsonText.builder().add("type", "tool_result").add("tool_use_id", toolUseId);
        }
    }

    /** An image in a user message. */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record Image(JsonObject json) implements ContentBlock {

        /**
         * Creates an image from its bytes.
         *
         * @param mediaType for example {@code image/png}; Claude accepts JPEG, PNG, GIF and WebP
         */
        public static Image ofBytes(String mediaType, byte[] bytes) {
            return ofBase64(mediaType, Base64.getEncoder().encodeToString(bytes));
        }

        /** @param mediaType for example {@code image/png} */
        public static Image ofBase64(String mediaType, String data) {
            return new Image(sourced("image", Source.ofBase64(mediaType, data)));
        }

        /** Creates an image that Claude downloads. */
        public static Image ofUrl(URI url) {
            return new Image(sourced("image", Source.ofUrl(url)));
        }

        /**
         * Creates an image from a file that was uploaded to Claude's Files API. While Claude's API treats files as a
         * beta feature, the request needs {@code RequestOptions.withBeta("files-api-2025-04-14")}.
         */
        public static Image ofFile(String fileId) {
            return new Image(sourced("image", Source.ofFile(fileId)));
        }

        @Override
        public Image cached() {
            return new Image(CacheControl.FIVE_MINUTES.on(json));
        }

        @Override
        public Image cachedForAnHour() {
            return new Image(CacheControl.HOUR.on(json));
        }

        public Optional<JsonObject> source() {
            return Fields.object(json, "source");
        }
    }

    /**
     * A document in a user message.
     *
     * <pre>{@code
     * ContentBlock.Document.ofBytes("application/pdf", bytes).withTitle("Policy").withCitations().cached()
     * }</pre>
     */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record Document(JsonObject json) implements ContentBlock {

        private static final String TEXT = "text/plain";

        /**
         * Creates a document from its bytes.
         *
         * @param mediaType {@code application/pdf}, or {@code text/plain} for text in UTF-8
         */
        public static Document ofBytes(String mediaType, byte[] bytes) {
            return mediaType.equals(TEXT)
                    ? ofText(new String(bytes, StandardCharsets.UTF_8))
                    : ofBase64(mediaType, Base64.getEncoder().encodeToString(bytes));
        }

        /** @param mediaType for example {@code application/pdf} */
        public static Document ofBase64(String mediaType, String data) {
            return new Document(sourced("document", Source.ofBase64(mediaType, data)));
        }

        /** Creates a document from plain text. */
        public static Document ofText(String text) {
            return new Document(sourced(
                    "document",
                    JsonText.builder()
                            .add("type", "text")
                            .add("media_type", TEXT)
                            .add("data", text)
                            .build()));
        }

        /** Creates a document from blocks. Claude cites each block as a whole. */
        public static Document ofContent(List<? extends ContentBlock> content) {
            var blocks = JsonText.array();
            content.forEach(block -> blocks.add(block.json()));
            return new Document(sourced(
                    "document",
                    JsonText.builder()
                            .add("type", "content")
                            .add("content", blocks)
                            .build()));
        }

        /** Creates a document from a PDF that Claude downloads. */
        public static Document ofUrl(URI url) {
            return new Document(sourced("document", Source.ofUrl(url)));
        }

        /**
         * Creates a document from a file that was uploaded to Claude's Files API. While Claude's API treats files as a
         * beta feature, the request needs {@code RequestOptions.withBeta("files-api-2025-04-14")}.
         */
        public static Document ofFile(String fileId) {
            return new Document(sourced("document", Source.ofFile(fileId)));
        }

        /** Returns a copy with a title. Claude sees the title and does not cite it. */
        public Document withTitle(String title) {
            return new Document(JsonText.builder(json).add("title", title).build());
        }

        /**
         * Returns a copy with a context, for example the source of the document. Claude sees the context and does not
         * cite it.
         */
        public Document withContext(String context) {
            return new Document(JsonText.builder(json).add("context", context).build());
        }

        /**
         * Returns a copy from which Claude cites ({@link Text#citations}). All documents of a request, or none, must
         * have this.
         */
        public Document withCitations() {
            return new Document(JsonText.builder(json)
                    .add("citations", JsonText.builder().add("enabled", true))
                    .build());
        }

        @Override
        public Document cached() {
            return new Document(CacheControl.FIVE_MINUTES.on(json));
        }

        @Override
        public Document cachedForAnHour() {
            return new Document(CacheControl.HOUR.on(json));
        }

        public Optional<JsonObject> source() {
            return Fields.object(json, "source");
        }

        public Optional<String> title() {
            return Fields.text(json, "title");
        }

        public Optional<String> context() {
            return Fields.text(json, "context");
        }
    }

    /** A block of an unknown type. */
    @JsonbTypeAdapter(ContentBlock.Adapter.class)
    record Unknown(JsonObject json) implements ContentBlock {}

    private static JsonObject sourced(String type, JsonObject source) {
        return JsonText.builder().add("type", type).add("source", source).build();
    }

    /** For JSON-B. */
    final class Adapter extends JsonBacked.Adapter<ContentBlock> {

        public Adapter() {
            super(ContentBlock.class);
        }
    }
}
