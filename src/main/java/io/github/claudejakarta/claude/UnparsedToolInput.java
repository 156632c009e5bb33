package io.github.claudejakarta.claude;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.List;

/**
 * An input of a tool call that is not a JSON object, as Claude streamed it. The message has the placeholder {@code {}}
 * instead, so the tool must not be run. The answer to such a call is {@link ContentBlock.ToolResult#invalidJson}.
 *
 * @param index of the block in the events of its stream, from 0
 * @param id of the call; empty if the block has none
 * @param name of the tool; empty if the block has none
 * @param text all {@code partial_json} of the block, unchanged
 */
@PublicApi
public record UnparsedToolInput(int index, String id, String name, String text) {

    /** The name of the field next to {@code message} in the JSON of streams and jobs. */
    public static final String FIELD = "unparsed_tool_inputs";

    /** Reads an element of {@link #array}. Fields that are absent are empty, or 0. */
    public static UnparsedToolInput of(JsonObject json) {
        return new UnparsedToolInput(
                Fields.index(json, "index").orElse(0),
                Fields.textOrEmpty(json, "id"),
                Fields.textOrEmpty(json, "name"),
                Fields.textOrEmpty(json, "text"));
    }

    /** Returns the inputs as an array of objects with {@code index}, {@code id}, {@code name} and {@code text}. */
    public static JsonArray array(List<UnparsedToolInput> inputs) {
        var all = JsonText.array();
        inputs.forEach(input -> all.add(JsonText.builder()
                .add("index", input.index)
                .add("id", input.id)
                .add("name", input.name)
                .add("text", input.text)));
        return all.build();
    }

    /** Adds the field {@value #FIELD} to an object that has a message, unless the list is empty. */
    public static void addTo(JsonObjectBuilder json, List<UnparsedToolInput> inputs) {
        if (!inputs.isEmpty()) {
            json.add(FIELD, array(inputs));
        }
    }
}
