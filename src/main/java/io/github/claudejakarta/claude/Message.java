package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A message of Claude: the answer to a {@link MessageRequest}, received as a whole or accumulated from a stream.
 *
 * @param unparsedToolInputs inputs of tool calls that are not JSON objects. In the message their calls have the input
 *     {@code {}} and must not be run. The list is nearly always empty, and always empty for a message that was not
 *     streamed
 */
@PublicApi
@JsonbTypeAdapter(Message.Adapter.class)
public record Message(JsonObject json, List<UnparsedToolInput> unparsedToolInputs) implements JsonBacked {

    public Message {
        Objects.requireNonNull(json, "json");
        unparsedToolInputs = List.copyOf(unparsedToolInputs);
    }

    public Message(JsonObject json) {
        this(json, List.of());
    }

    /**
     * Reads a message.
     *
     * @throws IllegalArgumentException if the text is not a JSON object
     */
    public static Message parse(String text) {
        return new Message(JsonText.object(text)
                .orElseThrow(() -> new IllegalArgumentException("The message is not a JSON object")));
    }

    public String id() {
        return Fields.textOrEmpty(json, "id");
    }

    /** Returns the model that answered. After a fallback it differs from the requested model. */
    public String model() {
        return Fields.textOrEmpty(json, "model");
    }

    public String role() {
        return Fields.textOrEmpty(json, "role");
    }

    public List<ContentBlock> content() {
        return Fields.objects(json, "content").stream().map(ContentBlock::of).toList();
    }

    /** Returns the text of all text blocks, joined without a separator; empty if the message has no text. */
    public String text() {
        return blocks(ContentBlock.Text.class).stream()
                .map(ContentBlock.Text::text)
                .collect(Collectors.joining());
    }

    /**
     * Returns the tool calls that the application has to answer. A call with an {@link #unparsedInput} must not be run.
     */
    public List<ContentBlock.ToolUse> toolUses() {
        return blocks(ContentBlock.ToolUse.class);
    }

    /**
     * Returns the input of a tool call, as Claude streamed it, if it is not a JSON object. Empty for a call whose input
     * is valid.
     *
     * <pre>{@code
     * for (ContentBlock.ToolUse call : message.toolUses()) {
     *     results.add(message.unparsedInput(call)
     *         .map(text -> ContentBlock.ToolResult.invalidJson(call.id(), text))
     *         .orElseGet(() -> run(call)));
     * }
     * }</pre>
     */
    public Optional<String> unparsedInput(ContentBlock.ToolCall call) {
        return unparsedToolInputs.stream()
                .filter(input -> input.id().equals(call.id()))
                .map(UnparsedToolInput::text)
                .findFirst();
    }

    /** Returns why Claude stopped. Empty while the message is being streamed, and for a message that was cut off. */
    public Optional<StopReason> stopReason() {
        return Fields.text(json, "stop_reason").map(StopReason::new);
    }

    /** Returns the stop sequence that Claude wrote, if it stopped for that reason. */
    public Optional<String> stopSequence() {
        return Fields.text(json, "stop_sequence");
    }

    public Optional<StopDetails> stopDetails() {
        return Fields.object(json, "stop_details").map(StopDetails::new);
    }

    /** Returns the usage; all counts are zero if the message has no usage. */
    public Usage usage() {
        return new Usage(Fields.object(json, "usage").orElse(JsonValue.EMPTY_JSON_OBJECT));
    }

    /** Returns the container in which code ran. */
    public Optional<JsonObject> container() {
        return Fields.object(json, "container");
    }

    private <T extends ContentBlock> List<T> blocks(Class<T> type) {
        return content().stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<Message> {

        public Adapter() {
            super(Message.class);
        }
    }
}
