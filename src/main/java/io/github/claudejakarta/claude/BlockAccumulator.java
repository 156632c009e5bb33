package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Builds one content block from its deltas. Each delta takes memory for its own length; the block is put together when
 * it is requested.
 */
final class BlockAccumulator {

    private final ContentBlock start;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder input = new StringBuilder();
    private final List<JsonObject> citations = new ArrayList<>();
    private final Map<String, JsonValue> replaced = new LinkedHashMap<>();

    /** The whole block, once it has stopped. */
    private JsonObject stopped;

    private String unparsedInput = "";

    BlockAccumulator(ContentBlock start) {
        this.start = start;
    }

    boolean isOpen() {
        return stopped == null;
    }

    /** Takes the delta in; false if it is not one for this block, which is then as it was. */
    boolean accept(ContentDelta delta) {
        if (!isOpen()) {
            return false;
        }
        if (delta instanceof ContentDelta.TextDelta piece && start instanceof ContentBlock.Text) {
            text.append(piece.text());
        } else if (delta instanceof ContentDelta.CitationsDelta piece && start instanceof ContentBlock.Text) {
            citations.add(piece.citation().json());
        } else if (delta instanceof ContentDelta.ThinkingDelta piece && start instanceof ContentBlock.Thinking) {
            text.append(piece.thinking());
        } else if (delta instanceof ContentDelta.SignatureDelta piece && start instanceof ContentBlock.Thinking) {
            replace("signature", piece.json());
        } else if (delta instanceof ContentDelta.CompactionDelta piece && start instanceof ContentBlock.Compaction) {
            replace("content", piece.json());
            replace("encrypted_content", piece.json());
        } else if (delta instanceof ContentDelta.InputJsonDelta piece && hasInput()) {
            input.append(piece.partialJson());
        } else {
            return false;
        }
        return true;
    }

    /** The block is complete: the one time that a tool's input is parsed. */
    void stop() {
        var raw = input.toString();
        if (!raw.isBlank()) {
            JsonText.object(raw).ifPresentOrElse(parsed -> replaced.put("input", parsed), () -> unparsedInput = raw);
        }
        stopped = json();
        for (var part : List.of(text, input)) {
            part.setLength(0);
            part.trimToSize();
        }
    }

    /** The block as far as it came; the input of a tool is what the start had until the block stops. */
    JsonObject json() {
        if (!isOpen()) {
            return stopped;
        }
        if (text.isEmpty() && citations.isEmpty() && replaced.isEmpty()) {
            return start.json();
        }
        var builder = JsonText.builder(start.json());
        if (!text.isEmpty()) {
            var key = start instanceof ContentBlock.Thinking ? "thinking" : "text";
            builder.add(key, Fields.textOrEmpty(start.json(), key) + text);
        }
        if (!citations.isEmpty()) {
            var all = JsonText.array();
            Fields.objects(start.json(), "citations").forEach(all::add);
            citations.forEach(all::add);
            builder.add("citations", all);
        }
        replaced.forEach(builder::add);
        return builder.build();
    }

    /**
     * The text of a tool's input that is not in {@link #json()}, as the block is open or the text is no JSON object.
     */
    Optional<String> unparsedInput() {
        return Optional.of(isOpen() ? input.toString() : unparsedInput).filter(raw -> !raw.isBlank());
    }

    /** The same with the call that it belongs to. */
    Optional<UnparsedToolInput> unparsed(int index) {
        return unparsedInput()
                .map(text -> new UnparsedToolInput(
                        index, Fields.textOrEmpty(start.json(), "id"), Fields.textOrEmpty(start.json(), "name"), text));
    }

    /** Types that came later are taken for tools by their looks, so that what they stream is not lost. */
    private boolean hasInput() {
        return start instanceof ContentBlock.ToolCall
                || start instanceof ContentBlock.Unknown
                        && Fields.object(start.json(), "input").isPresent();
    }

    private void replace(String key, JsonObject delta) {
        if (delta.containsKey(key)) {
            replaced.put(key, delta.get(key));
        }
    }
}
