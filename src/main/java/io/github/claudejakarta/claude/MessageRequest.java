package io.github.claudejakarta.claude;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The body of a request for a message. Only plain errors are rejected here, in Anthropic's words. Claude judges the
 * rest, and parameters that are unknown here are kept.
 *
 * <pre>{@code
 * MessageRequest.of("Write a haiku about code.");
 * MessageRequest.builder("claude-opus-5-5", 1024).system("Be brief.").user("What is a monad?").build();
 * }</pre>
 *
 * <p>A request may leave out the model and {@code max_tokens}: the beans fill in {@code claude.default-model} and
 * {@code claude.default-max-tokens} when they send it.
 *
 * <p>Immutable and safe for use by many threads.
 */
@PublicApi
public record MessageRequest(JsonObject json) {

    private static final String MODEL = "model";
    private static final String MAX_TOKENS = "max_tokens";
    /** @throws IllegalArgumentException if the model, the messages, max_tokens or stream cannot be right */
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

    /** Makes a request with one question, for the default model and the default number of tokens. */
    public static MessageRequest of(String prompt) {
        return builder().user(prompt).build();
    }

    /** Makes a request with one question. */
    public static MessageRequest of(String model, int maxTokens, String prompt) {
        return builder(model, maxTokens).user(prompt).build();
    }

    /**
     * Reads a request, which is sent as it is written here: numbers keep their spelling, and keys that are there twice
     * are kept. A builder that continues it writes it again.
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

    /** Returns a builder of a request for the default model and the default number of tokens. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns a builder of a request for a model, with the largest number of tokens of the answer. */
    public static Builder builder(String model, int maxTokens) {
        return new Builder().model(model).maxTokens(maxTokens);
    }

    /** Returns a builder that has everything this request has. */
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

    /** Returns the model; {@code ""} if it is left to {@code claude.default-model}. */
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
     * Returns the largest number of tokens of the answer; 0 if it is left to {@code claude.default-max-tokens}
     * ({@link #hasMaxTokens}).
     */
    public int maxTokens() {
        return (int) Fields.number(json, MAX_TOKENS).orElse(0);
    }

    /** Whether the request says how many tokens the answer may have. */
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

    /** Writes requests. Not safe for use by several threads. */
    public static final class Builder {

        private final Map<String, JsonValue> fields = new LinkedHashMap<>();
        private final List<JsonValue> messages = new ArrayList<>();
        private final List<JsonValue> tools = new ArrayList<>();

        private Builder() {}

        /** Sets the model, in place of {@code claude.default-model}. */
        public Builder model(String model) {
            return with(MODEL, JsonText.string(model));
        }

        /** Sets the largest number of tokens of the answer, in place of {@code claude.default-max-tokens}. */
        public Builder maxTokens(int maxTokens) {
            return with(MAX_TOKENS, JsonText.PROVIDER.createValue(maxTokens));
        }

        public Builder system(String text) {
            return with("system", JsonText.string(text));
        }

        public Builder user(String text) {
            return message("user", JsonText.string(text));
        }

        /** Text, images, documents, tool results. */
        public Builder user(ContentBlock... blocks) {
            return message("user", List.of(blocks));
        }

        public Builder assistant(String text) {
            return message("assistant", JsonText.string(text));
        }

        /** What Claude answered, as it is: thinking and tool calls have to come back unchanged. */
        public Builder assistant(Message message) {
            return message("assistant", message.json().getOrDefault("content", JsonValue.EMPTY_JSON_ARRAY));
        }

        public Builder message(String role, List<? extends ContentBlock> blocks) {
            var content = JsonText.array();
            blocks.forEach(block -> content.add(block.json()));
            return message(role, content.build());
        }

        /** @param inputSchema a JSON schema of an object */
        public Builder tool(String name, String description, JsonObject inputSchema) {
            tools.add(JsonText.builder()
                    .add("name", name)
                    .add("description", description)
                    .add("input_schema", inputSchema)
                    .build());
            return this;
        }

        /** As <code>{"type":"adaptive"}</code>. */
        public Builder thinking(JsonObject thinking) {
            return with("thinking", thinking);
        }

        public Builder stopSequences(String... sequences) {
            var array = JsonText.array();
            for (var sequence : sequences) {
                array.add(sequence);
            }
            return with("stop_sequences", array.build());
        }

        /**
         * Any parameter. {@code messages} and {@code tools} of this kind give way to those that were added one by one.
         */
        public Builder with(String key, JsonValue value) {
            fields.put(key, value);
            return this;
        }

        /** @throws IllegalArgumentException if the request cannot be right */
        public MessageRequest build() {
            return new MessageRequest(json());
        }

        /** Returns the body with what has been set so far; it may lack fields that a request needs. */
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
}
