package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Builds one content block from its deltas. Each delta needs memory for its own length; the block is assembled when it
 * is requested.
 */
final class BlockAccumulator {

    private final ContentBlock start;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder input = new StringBuilder();
    private final List<JsonObject> citations = new ArrayList<>();
    private final Map<String, JsonValue> replaced = new LinkedHashMap<>();

    /** The complete block, after it has stopped. */
    private JsonObject stopped;

    private String unparsedInput = "";

    BlockAccumulator(ContentBlock start) {
        this.start = start;
    }

    boolean isOpen() {
        return stopped == null;
    }

    /** Adds a delta. Returns false, and changes nothing, if the delta does not belong to this block. */
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

    /** Completes the block. Only now is a tool's input parsed. */
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

    /**
     * Returns the block up to the latest delta. Until the block stops, the input of a tool is the input in its start
     * event.
     */
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
     * Returns a tool's input that is not in {@link #json()}, because the block is open or the text is not a JSON
     * object.
     */
    Optional<String> unparsedInput() {
        return Optional.of(isOpen() ? input.toString() : unparsedInput).filter(raw -> !raw.isBlank());
    }

    /** Returns the {@link #unparsedInput()} with the id and the name of its call. */
    Optional<UnparsedToolInput> unparsed(int index) {
        return unparsedInput()
                .map(text -> new UnparsedToolInput(
                        index, Fields.textOrEmpty(start.json(), "id"), Fields.textOrEmpty(start.json(), "name"), text));
    }

    /**
     * A block of an unknown type counts as a tool if it has an {@code input}, so that the input it streams is not lost.
     */
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
