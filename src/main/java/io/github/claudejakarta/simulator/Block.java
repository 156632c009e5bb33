package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import jakarta.json.stream.JsonParser;
import java.io.StringReader;
import java.util.List;
import java.util.Optional;

/** A content block, as the deltas of a stream and as one JSON object. */
sealed interface Block {

    /** Returns the texts of the deltas, in order. Each text may be generated when it is read. */
    List<String> pieces();

    /** Returns the name of the block in the directive {@code in}. */
    String kind();

    /** Returns the empty block that opens this block in a stream. */
    JsonObject start();

    JsonObject delta(String piece);

    /** Returns the deltas that follow the pieces. */
    default List<JsonObject> lastDeltas() {
        return List.of();
    }

    /** Returns the complete block. */
    JsonObject json();

    /** Returns this block with other deltas. */
    Block withPieces(List<String> otherPieces);

    private static JsonObjectBuilder typed(String type) {
        return PROVIDER.createObjectBuilder().add("type", type);
    }

    /** A text. */
    record Text(List<String> pieces) implements Block {

        @Override
        public String kind() {
            return "text";
        }

        @Override
        public JsonObject start() {
            return typed("text").add("text", "").build();
        }

        @Override
        public JsonObject delta(String piece) {
            return typed("text_delta").add("text", piece).build();
        }

        @Override
        public Block withPieces(List<String> otherPieces) {
            return new Text(otherPieces);
        }

        @Override
        public JsonObject json() {
            return typed("text").add("text", String.join("", pieces)).build();
        }
    }

    /** A text with a citation of its source. */
    record Cited(List<String> pieces, JsonObject citation) implements Block {

        @Override
        public String kind() {
            return "text";
        }

        @Override
        public JsonObject start() {
            return typed("text")
                    .add("text", "")
                    .add("citations", JsonValue.EMPTY_JSON_ARRAY)
                    .build();
        }

        @Override
        public JsonObject delta(String piece) {
            return typed("text_delta").add("text", piece).build();
        }

        @Override
        public List<JsonObject> lastDeltas() {
            return List.of(typed("citations_delta").add("citation", citation).build());
        }

        @Override
        public Block withPieces(List<String> otherPieces) {
            return new Cited(otherPieces, citation);
        }

        @Override
        public JsonObject json() {
            return typed("text")
                    .add("text", String.join("", pieces))
                    .add("citations", PROVIDER.createArrayBuilder().add(citation))
                    .build();
        }
    }

    /** Thinking with a signature. */
    record Thinking(List<String> pieces, String signature) implements Block {

        @Override
        public String kind() {
            return "thinking";
        }

        @Override
        public JsonObject start() {
            return typed("thinking").add("thinking", "").add("signature", "").build();
        }

        @Override
        public JsonObject delta(String piece) {
            return typed("thinking_delta").add("thinking", piece).build();
        }

        @Override
        public List<JsonObject> lastDeltas() {
            return List.of(typed("signature_delta").add("signature", signature).build());
        }

        @Override
        public Block withPieces(List<String> otherPieces) {
            return new Thinking(otherPieces, signature);
        }

        @Override
        public JsonObject json() {
            return typed("thinking")
                    .add("thinking", String.join("", pieces))
                    .add("signature", signature)
                    .build();
        }
    }

    /** A call of a tool. Its pieces are the text of the input, which may be truncated or not JSON. */
    record ToolUse(String id, String name, List<String> pieces) implements Block {

        @Override
        public String kind() {
            return "tool";
        }

        @Override
        public JsonObject start() {
            return withInput(JsonValue.EMPTY_JSON_OBJECT);
        }

        @Override
        public JsonObject delta(String piece) {
            return typed("input_json_delta").add("partial_json", piece).build();
        }

        @Override
        public Block withPieces(List<String> otherPieces) {
            return new ToolUse(id, name, otherPieces);
        }

        @Override
        public JsonObject json() {
            return input().map(this::withInput).orElseGet(this::start);
        }

        /** Returns empty if the pieces are not one JSON object. */
        private Optional<JsonObject> input() {
            try (var parser = PROVIDER.createParser(new StringReader(String.join("", pieces)))) {
                if (parser.next() != JsonParser.Event.START_OBJECT) {
                    return Optional.empty();
                }
                var input = parser.getObject();
                return parser.hasNext() ? Optional.empty() : Optional.of(input);
            } catch (RuntimeException e) {
                // Not only JsonException: an empty text and limits of the parser cause other exceptions.
                return Optional.empty();
            }
        }

        private JsonObject withInput(JsonObject input) {
            return typed("tool_use")
                    .add("id", id)
                    .add("name", name)
                    .add("input", input)
                    .add("caller", typed("direct"))
                    .build();
        }
    }
}
