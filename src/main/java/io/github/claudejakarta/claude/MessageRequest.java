package io.github.claudejakarta.claude;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The body of a request for a message. This class rejects only obvious errors, in Anthropic's words; Claude checks the
 * rest. Unknown parameters are kept.
 *
 * <pre>{@code
 * MessageRequest.of("Write a haiku about code.");
 * MessageRequest.builder("claude-opus-5-5", 1024).system("Be brief.").user("What is a monad?").build();
 * }</pre>
 *
 * <p>The model and {@code max_tokens} are optional: the beans insert {@code claude.default-model} and
 * {@code claude.default-max-tokens} when they send the request.
 *
 * <p>Immutable and safe for use by many threads.
 */
@PublicApi
@JsonbTypeAdapter(MessageRequest.Adapter.class)
public record MessageRequest(JsonObject json) implements JsonBacked {

    private static final String MODEL = "model";
    private static final String MAX_TOKENS = "max_tokens";

    /** @throws IllegalArgumentException if the model, the messages, max_tokens or stream are not valid */
    public MessageRequest {
        require(json, "messages");
        check(
                !json.containsKey(MODEL) || !Fields.textOrEmpty(json, MODEL).isBlank(),
                "model: Input should be a valid string");
        check(json.get("messages") instanceof JsonArray, "messages: Input should be a valid array");
        check(!json.getJsonArray("messages").isEmpty(), "messages: at least one message is required");
        if (json.containsKey(MAX_TOKENS)) {
            var maxTokens = Fields.number(json, MAX_TOKENS).orElse(Long.MAX_VALUE);
            check(maxTokens <= Integer.MAX_VALUE, "max_tokens: Input should be a valid integer");
            check(maxTokens >= 0, "max_tokens: Input should be greater than or equal to 0");
        }
        var stream = json.getOrDefault("stream", JsonValue.NULL);
        check(
                List.of(JsonValue.TRUE, JsonValue.FALSE, JsonValue.NULL).contains(stream),
                "stream: Input should be a valid boolean");
    }

    /** Returns a request with one user message, for the default model and the default {@code max_tokens}. */
    public static MessageRequest of(String prompt) {
        return builder().user(prompt).build();
    }

    /** Returns a request with one user message. */
    public static MessageRequest of(String model, int maxTokens, String prompt) {
        return builder(model, maxTokens).user(prompt).build();
    }

    /**
     * Reads a request, which is later sent exactly as written here: numbers keep their spelling, and duplicate keys are
     * kept. A request from {@link #toBuilder()} loses this text.
     *
     * @throws IllegalArgumentException if the text is not a JSON object, or not a request. The model and max_tokens are
     *     required here
     */
    public static MessageRequest parse(String text) {
        JsonObject json = JsonText.object(text)
                .map(values -> new VerbatimObject(values, text))
                .orElseThrow(() -> new IllegalArgumentException("The request body is not a valid JSON object"));
        require(json, MODEL);
        require(json, MAX_TOKENS);
        return new MessageRequest(json);
    }

    /** Returns a builder of a request for the default model and the default {@code max_tokens}. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns a builder of a request with a model and the maximum number of tokens of the answer. */
    public static Builder builder(String model, int maxTokens) {
        return new Builder().model(model).maxTokens(maxTokens);
    }

    /** Returns a builder with all fields of this request. */
    public Builder toBuilder() {
        var builder = new Builder();
        builder.fields.putAll(json);
        builder.messages.addAll(json.getJsonArray("messages"));
        if (json.get("tools") instanceof JsonArray tools) {
            builder.tools.addAll(tools);
        }
        return builder;
    }

    /** Returns the same request with another {@code stream}. */
    public MessageRequest withStream(boolean stream) {
        JsonObject changed = JsonText.builder(json).add("stream", stream).build();
        return new MessageRequest(
                json instanceof VerbatimObject
                        ? new VerbatimObject(changed, MessagesBody.withStream(JsonText.bytes(json), stream))
                        : changed);
    }

    /** Returns the model; {@code ""} if {@code claude.default-model} decides. */
    public String model() {
        return Fields.textOrEmpty(json, MODEL);
    }

    /** Whether the request names a model. */
    public boolean hasModel() {
        return json.containsKey(MODEL);
    }

    /** Returns the same request for another model. */
    public MessageRequest withModel(String model) {
        return with(MODEL, JsonText.string(model));
    }

    /**
     * Returns the maximum number of tokens of the answer; 0 if {@code claude.default-max-tokens} decides
     * ({@link #hasMaxTokens}).
     */
    public int maxTokens() {
        return (int) Fields.number(json, MAX_TOKENS).orElse(0);
    }

    /** Whether the request has {@code max_tokens}. */
    public boolean hasMaxTokens() {
        return json.containsKey(MAX_TOKENS);
    }

    /** Returns the same request with another {@code max_tokens}. */
    public MessageRequest withMaxTokens(int maxTokens) {
        return with(MAX_TOKENS, JsonText.PROVIDER.createValue(maxTokens));
    }

    private MessageRequest with(String key, JsonValue value) {
        var fields = new LinkedHashMap<String, JsonValue>();
        fields.put(key, value);
        json.forEach(fields::putIfAbsent);
        return new MessageRequest(JsonText.object(fields));
    }

    public boolean isStreaming() {
        return Fields.isTrue(json, "stream");
    }

    private static void require(JsonObject json, String key) {
        check(json.containsKey(key), key + ": Field required");
    }

    private static void check(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Builds requests. Not safe for use by several threads. */
    public static final class Builder {

        private final Map<String, JsonValue> fields = new LinkedHashMap<>();
        private final List<JsonValue> messages = new ArrayList<>();
        private final List<JsonValue> tools = new ArrayList<>();

        private Builder() {}

        /** Sets the model, which replaces {@code claude.default-model}. */
        public Builder model(String model) {
            return with(MODEL, JsonText.string(model));
        }

        /** Sets the maximum number of tokens of the answer, which replaces {@code claude.default-max-tokens}. */
        public Builder maxTokens(int maxTokens) {
            return with(MAX_TOKENS, JsonText.PROVIDER.createValue(maxTokens));
        }

        /** Sets the system prompt. */
        public Builder system(String text) {
            return with("system", JsonText.string(text));
        }

        /** Sets the system prompt as blocks, some of which may be {@linkplain ContentBlock.Text#cached() cached}. */
        public Builder system(ContentBlock.Text... blocks) {
            return with("system", array(List.of(blocks)));
        }

        /** Adds a user message. */
        public Builder user(String text) {
            return message("user", JsonText.string(text));
        }

        /** Adds a user message with text, images, documents or tool results. */
        public Builder user(ContentBlock... blocks) {
            return message("user", List.of(blocks));
        }

        /** Adds an answer of Claude as text. */
        public Builder assistant(String text) {
            return message("assistant", JsonText.string(text));
        }

        /** Adds an answer of Claude unchanged, which Claude requires for thinking and tool calls. */
        public Builder assistant(Message message) {
            return message("assistant", message.json().getOrDefault("content", JsonValue.EMPTY_JSON_ARRAY));
        }

        /**
         * Adds a message.
         *
         * @param role {@code user}, {@code assistant}, or {@code system} where the model accepts that
         */
        public Builder message(String role, List<? extends ContentBlock> blocks) {
            return message(role, array(blocks));
        }

        private static JsonArray array(List<? extends ContentBlock> blocks) {
            var array = JsonText.array();
            blocks.forEach(block -> array.add(block.json()));
            return array.build();
        }

        /**
         * Adds a tool that the application runs.
         *
         * @param inputSchema a JSON schema of an object
         */
        public Builder tool(String name, String description, JsonObject inputSchema) {
            tools.add(JsonText.builder()
                    .add("name", name)
                    .add("description", description)
                    .add("input_schema", inputSchema)
                    .build());
            return this;
        }

        /** Adds a tool as Claude's API defines it, for example one that Anthropic runs. */
        public Builder tool(JsonObject definition) {
            tools.add(definition);
            return this;
        }

        /** Sets whether Claude uses a tool. */
        public Builder toolChoice(ToolChoice choice) {
            return with("tool_choice", choice.json());
        }

        /** Lets Claude decide how much it thinks. */
        public Builder adaptiveThinking() {
            return thinking(JsonText.builder().add("type", "adaptive").build());
        }

        /** Sets how Claude thinks, for example <code>{"type":"disabled"}</code>. */
        public Builder thinking(JsonObject thinking) {
            return with("thinking", thinking);
        }

        /** Sets texts at which Claude stops. */
        public Builder stopSequences(String... sequences) {
            var array = JsonText.array();
            for (var sequence : sequences) {
                array.add(sequence);
            }
            return with("stop_sequences", array.build());
        }

        /** Sets how much work Claude puts into the answer. Other fields of {@code output_config} stay. */
        public Builder effort(Effort effort) {
            return within("output_config", "effort", effort.toString());
        }

        /**
         * Sets an opaque id of the end user, which helps Anthropic to detect abuse ({@code metadata.user_id}). It must
         * not be a name, an e-mail address or other personal data.
         */
        public Builder userId(String id) {
            return within("metadata", "user_id", id);
        }

        private Builder within(String object, String key, String value) {
            var changed =
                    fields.get(object) instanceof JsonObject earlier ? JsonText.builder(earlier) : JsonText.builder();
            return with(object, changed.add(key, value).build());
        }

        /**
         * Requests that Claude caches the prompt up to its last block for five minutes. Later requests with the same
         * beginning read it from the cache. {@link ContentBlock#cached()} sets other breakpoints.
         */
        public Builder cached() {
            return with(CacheControl.FIVE_MINUTES);
        }

        /** Requests caching like {@link #cached()}, but for an hour. Writing to the cache costs more. */
        public Builder cachedForAnHour() {
            return with(CacheControl.HOUR);
        }

        private Builder with(CacheControl control) {
            return with(CacheControl.FIELD, control.json());
        }

        /**
         * Sets any parameter. Messages and tools that were added individually replace {@code messages} and
         * {@code tools} that are set here. {@code temperature}, {@code top_p} and {@code top_k} have no methods,
         * because current models reject them.
         */
        public Builder with(String key, JsonValue value) {
            fields.put(key, value);
            return this;
        }

        /** @throws IllegalArgumentException if the request is not valid */
        public MessageRequest build() {
            return new MessageRequest(json());
        }

        /** Returns the body with the fields that have been set. It may lack required fields. */
        public JsonObject json() {
            var complete = new LinkedHashMap<>(fields);
            putUnlessEmpty(complete, "tools", tools);
            putUnlessEmpty(complete, "messages", messages);
            return JsonText.object(complete);
        }

        private Builder message(String role, JsonValue content) {
            messages.add(
                    JsonText.builder().add("role", role).add("content", content).build());
            return this;
        }

        private static void putUnlessEmpty(Map<String, JsonValue> fields, String key, List<JsonValue> values) {
            if (!values.isEmpty()) {
                var array = JsonText.array();
                values.forEach(array::add);
                fields.put(key, array.build());
            }
        }
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<MessageRequest> {

        public Adapter() {
            super(MessageRequest.class);
        }
    }
}
