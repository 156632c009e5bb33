package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Objects;

/**
 * The next turn of a user: a text, or blocks such as images, documents and tool results. Immutable.
 *
 * <pre>{@code
 * Question.of("And in French?")
 * Question.of(ContentBlock.ToolResult.of(call.id(), "18 °C")).with("max_tokens", Json.createValue(4096))
 * }</pre>
 *
 * @param content the content of the message, a JSON string or an array of blocks
 * @param parameters parameters of this request only; they replace the conversation's
 */
@PublicApi
public record Question(JsonValue content, JsonObject parameters) {

    public Question {
        Objects.requireNonNull(content, "content");
        Objects.requireNonNull(parameters, "parameters");
    }

    /** Returns a question with a text. */
    public static Question of(String text) {
        return new Question(JsonText.string(text), JsonValue.EMPTY_JSON_OBJECT);
    }

    /**
     * Returns a question with content blocks.
     *
     * @throws IllegalArgumentException if there are no blocks
     */
    public static Question of(ContentBlock... blocks) {
        return of(List.of(blocks));
    }

    /**
     * Returns a question with content blocks.
     *
     * @throws IllegalArgumentException if the list is empty
     */
    public static Question of(List<? extends ContentBlock> blocks) {
        if (blocks.isEmpty()) {
            throw new IllegalArgumentException("A question must have at least one content block");
        }
        var content = JsonText.array();
        blocks.forEach(block -> content.add(block.json()));
        return new Question(content.build(), JsonValue.EMPTY_JSON_OBJECT);
    }

    /**
     * Returns a copy with a parameter of its request, such as {@code max_tokens} or {@code model}. The conversation's
     * own parameters do not change.
     */
    public Question with(String key, JsonValue value) {
        return new Question(
                content, JsonText.builder(parameters).add(key, value).build());
    }

    byte[] bytes() {
        return JsonText.bytes(content);
    }

    /** Returns a text without the content, which must not be logged. */
    @Override
    public String toString() {
        return "Question[" + content.getValueType() + "]";
    }
}
