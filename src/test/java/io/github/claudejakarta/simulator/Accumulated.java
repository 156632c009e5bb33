package io.github.claudejakarta.simulator;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;

/** Builds the message of a stream by the rules of Claude's documentation, independently of the code under test. */
final class Accumulated {

    private Accumulated() {}

    static JsonObject of(List<Client.Event> events) {
        var message = JsonValue.EMPTY_JSON_OBJECT;
        var blocks = new ArrayList<JsonObject>();
        var input = new StringBuilder();
        for (var event : events) {
            switch (event.name()) {
                case "message_start" -> message = event.json().getJsonObject("message");
                case "content_block_start" -> {
                    if (event.json().getInt("index") != blocks.size()) {
                        throw new AssertionError("blocks are not in order");
                    }
                    blocks.add(event.json().getJsonObject("content_block"));
                    input.setLength(0);
                }
                case "content_block_delta" -> {
                    var delta = event.json().getJsonObject("delta");
                    var at = event.json().getInt("index");
                    switch (delta.getString("type")) {
                        case "text_delta" -> append(blocks, at, "text", delta);
                        case "thinking_delta" -> append(blocks, at, "thinking", delta);
                        case "signature_delta" -> set(blocks, at, "signature", delta.get("signature"));
                        case "citations_delta" ->
                            set(
                                    blocks,
                                    at,
                                    "citations",
                                    Json.createArrayBuilder(blocks.get(at).getJsonArray("citations"))
                                            .add(delta.get("citation"))
                                            .build());
                        case "input_json_delta" -> input.append(delta.getString("partial_json"));
                        default -> {}
                    }
                }
                case "content_block_stop" -> {
                    if (!input.isEmpty()) {
                        set(blocks, event.json().getInt("index"), "input", parsed(input.toString()));
                        input.setLength(0);
                    }
                }
                case "message_delta" -> {
                    var usage = Json.createObjectBuilder(message.getJsonObject("usage"))
                            .addAll(Json.createObjectBuilder(event.json().getJsonObject("usage")));
                    message = Json.createObjectBuilder(message)
                            .addAll(Json.createObjectBuilder(event.json().getJsonObject("delta")))
                            .add("usage", usage)
                            .build();
                }
                default -> {}
            }
        }
        var content = Json.createArrayBuilder();
        blocks.forEach(content::add);
        return Json.createObjectBuilder(message).add("content", content).build();
    }

    private static JsonValue parsed(String json) {
        try {
            // Parsed within an object, because a reader ignores text after a value.
            return Client.json("{\"input\":" + json + "}").get("input") instanceof JsonObject input
                    ? input
                    : JsonValue.EMPTY_JSON_OBJECT;
        } catch (JsonException e) {
            return JsonValue.EMPTY_JSON_OBJECT;
        }
    }

    private static void append(List<JsonObject> blocks, int at, String name, JsonObject delta) {
        set(blocks, at, name, Json.createValue(blocks.get(at).getString(name) + delta.getString(name)));
    }

    private static void set(List<JsonObject> blocks, int at, String name, JsonValue value) {
        blocks.set(at, Json.createObjectBuilder(blocks.get(at)).add(name, value).build());
    }
}
