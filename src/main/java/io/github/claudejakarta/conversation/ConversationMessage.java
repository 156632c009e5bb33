package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.UnparsedToolInput;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A message of a conversation. It never changes.
 *
 * @param id of the message; the same in every fork that has the message
 * @param number from 1, in the order of the conversation
 * @param role {@code user} or {@code assistant}
 * @param content JSON text as it is sent to Claude, unchanged: a string or an array of blocks
 * @param envelope Claude's message without its content, with {@code id}, {@code model}, {@code stop_reason} and
 *     {@code usage}; empty for a question, and for an answer that the application has written
 * @param unparsedToolInputs inputs of tool calls that are not JSON objects; nearly always empty
 * @param createdAt time at which the message was added
 * @param isSimulated whether the answer is from a simulator and not from Claude
 */
@PublicApi
public record ConversationMessage(
        String id,
        int number,
        String role,
        String content,
        Optional<JsonObject> envelope,
        List<UnparsedToolInput> unparsedToolInputs,
        Instant createdAt,
        boolean isSimulated) {

    public ConversationMessage {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
        Objects.requireNonNull(envelope, "envelope");
        unparsedToolInputs = List.copyOf(unparsedToolInputs);
        Objects.requireNonNull(createdAt, "createdAt");
    }

    /** Returns the content as blocks; a plain text becomes one block. Parses the content at each call. */
    public List<ContentBlock> blocks() {
        JsonValue value = JsonText.value(content);
        if (value instanceof JsonString text) {
            return List.of(ContentBlock.Text.of(text.getString()));
        }
        return ((JsonArray) value)
                .getValuesAs(JsonObject.class).stream().map(ContentBlock::of).toList();
    }

    /** Returns the text of all text blocks, joined without a separator. Parses the content at each call. */
    public String text() {
        return blocks().stream()
                .filter(ContentBlock.Text.class::isInstance)
                .map(block -> ((ContentBlock.Text) block).text())
                .collect(Collectors.joining());
    }

    /**
     * Returns Claude's message, with its content. Parses the content at each call.
     *
     * @return empty for a question, and for an answer that the application has written
     */
    public Optional<Message> answer() {
        return envelope.map(frame -> new Message(
                JsonText.builder(frame).add("content", JsonText.value(content)).build(), unparsedToolInputs));
    }

    /** Returns a text without the content, which must not be logged. */
    @Override
    public String toString() {
        return "ConversationMessage[" + id + ", " + role + "]";
    }
}
