package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A message of Claude's: the answer to a {@link MessageRequest}, whether it came whole or was accumulated from a
 * stream.
 *
 * @param unparsedToolInputs inputs that are not in the message, because they are not JSON objects: their calls have the
 *     input {@code {}} and must not be run. Empty for nearly every message, and for every message that was not streamed
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

    /** @throws IllegalArgumentException if the text is not a JSON object */
    public static Message parse(String text) {
        return new Message(JsonText.object(text)
                .orElseThrow(() -> new IllegalArgumentException("The message is not a JSON object")));
    }

    public String id() {
        return Fields.textOrEmpty(json, "id");
    }

    /** The model that answered; with a fallback not the one that was asked. */
    public String model() {
        return Fields.textOrEmpty(json, "model");
    }

    public String role() {
        return Fields.textOrEmpty(json, "role");
    }

    public List<ContentBlock> content() {
        return Fields.objects(json, "content").stream().map(ContentBlock::of).toList();
    }

    /** All text, one block after the other without anything between; empty where there is none. */
    public String text() {
        return blocks(ContentBlock.Text.class).stream()
                .map(ContentBlock.Text::text)
                .collect(Collectors.joining());
    }

    /** The calls that the application has to answer. A call with an {@link #unparsedInput} must not be run. */
    public List<ContentBlock.ToolUse> toolUses() {
        return blocks(ContentBlock.ToolUse.class);
    }

    /**
     * Returns the input of a call of this message that is not a JSON object, as Claude streamed it; empty for a call
     * whose input is valid.
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

    /** Empty while the message is being streamed, and for one that was cut off. */
    public Optional<StopReason> stopReason() {
        return Fields.text(json, "stop_reason").map(StopReason::new);
    }

    /** The stop sequence that was met, if that is why Claude stopped. */
    public Optional<String> stopSequence() {
        return Fields.text(json, "stop_sequence");
    }

    public Optional<StopDetails> stopDetails() {
        return Fields.object(json, "stop_details").map(StopDetails::new);
    }

    /** All counts are zero where the message has no usage. */
    public Usage usage() {
        return new Usage(Fields.object(json, "usage").orElse(JsonValue.EMPTY_JSON_OBJECT));
    }

    /** The container that code ran in. */
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
