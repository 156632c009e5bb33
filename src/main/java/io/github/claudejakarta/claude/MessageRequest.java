package io.github.claudejakarta.claude;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The body of a request for a message. Only what is plainly wrong is refused here, in Anthropic's words; everything
 * else is for Claude to judge, and parameters that nobody here has heard of are kept.
 *
 * <pre>{@code
 * MessageRequest.of("claude-opus-5-5", 1024, "Write a haiku about code.");
 * MessageRequest.builder("claude-opus-5-5", 1024).system("Be brief.").user("What is a monad?").build();
 * }</pre>
 */
public record MessageRequest(JsonObject json) {

    /** @throws IllegalArgumentException if the model, the messages, max_tokens or stream cannot be right */
    public MessageRequest {
        List.of("model", "messages", "max_tokens")
                .forEach(key -> check(json.containsKey(key), key + ": Field required"));
        check(!Fields.textOrEmpty(json, "model").isBlank(), "model: Input should be a valid string");
        check(json.get("messages") instanceof JsonArray, "messages: Input should be a valid array");
        check(!json.getJsonArray("messages").isEmpty(), "messages: at least one message is required");
        var maxTokens = Fields.number(json, "max_tokens").orElse(Long.MAX_VALUE);
        check(maxTokens <= Integer.MAX_VALUE, "max_tokens: Input should be a valid integer");
        check(maxTokens >= 0, "max_tokens: Input should be greater than or equal to 0");
        var stream = json.getOrDefault("stream", JsonValue.NULL);
        check(
                List.of(JsonValue.TRUE, JsonValue.FALSE, JsonValue.NULL).contains(stream),
                "stream: Input should be a valid boolean");
    }

    /** One question. */
    public static MessageRequest of(String model, int maxTokens, String prompt) {
        return builder(model, maxTokens).user(prompt).build();
    }

    /**
     * Reads a request, which is sent as it is written here: numbers keep their spelling, and keys that are there twice
     * are kept. A builder that continues it writes it again.
     *
     * @throws IllegalArgumentException if the text is not a JSON object, or not a request
     */
    public static MessageRequest parse(String text) {
        return new MessageRequest(JsonText.object(text)
                .map(values -> new VerbatimObject(values, text))
                .orElseThrow(() -> new IllegalArgumentException("The request body is not a valid JSON object")));
    }

    public static Builder builder(String model, int maxTokens) {
        return new Builder()
                .with("model", JsonText.string(model))
                .with("max_tokens", JsonText.PROVIDER.createValue(maxTokens));
    }

    /** To go on with: a builder that has everything this request has. */
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

    public String model() {
        return Fields.textOrEmpty(json, "model");
    }

    public int maxTokens() {
        return (int) Fields.number(json, "max_tokens").orElse(0);
    }

    public boolean isStreaming() {
        return Fields.isTrue(json, "stream");
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
            var complete = new LinkedHashMap<>(fields);
            putUnlessEmpty(complete, "tools", tools);
            putUnlessEmpty(complete, "messages", messages);
            return new MessageRequest(JsonText.object(complete));
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
