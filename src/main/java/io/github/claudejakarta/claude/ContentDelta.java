package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Optional;
import java.util.OptionalLong;

/** A piece of a content block in a stream. */
@PublicApi
@JsonbTypeAdapter(ContentDelta.Adapter.class)
public sealed interface ContentDelta extends JsonBacked {

    @Override
    JsonObject json();

    default String type() {
        return Fields.textOrEmpty(json(), "type");
    }

    /** Returns the delta; {@link Unknown} for an unknown type or a missing required field. */
    static ContentDelta of(JsonObject json) {
        return switch (Fields.textOrEmpty(json, "type")) {
            case "text_delta" -> Fields.text(json, "text").isPresent() ? new TextDelta(json) : new Unknown(json);
            case "input_json_delta" ->
                Fields.text(json, "partial_json").isPresent() ? new InputJsonDelta(json) : new Unknown(json);
            case "thinking_delta" ->
                Fields.text(json, "thinking").isPresent() ? new ThinkingDelta(json) : new Unknown(json);
            case "signature_delta" ->
                Fields.text(json, "signature").isPresent() ? new SignatureDelta(json) : new Unknown(json);
            case "citations_delta" ->
                Fields.object(json, "citation").isPresent() ? new CitationsDelta(json) : new Unknown(json);
            case "compaction_delta" -> new CompactionDelta(json);
            default -> new Unknown(json);
        };
    }

    /** A piece of text, to append to the text of the block. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record TextDelta(JsonObject json) implements ContentDelta {

        public String text() {
            return Fields.textOrEmpty(json, "text");
        }
    }

    /**
     * A piece of a tool's input, to append to its JSON text. The text is complete JSON only when the block has stopped.
     */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record InputJsonDelta(JsonObject json) implements ContentDelta {

        public String partialJson() {
            return Fields.textOrEmpty(json, "partial_json");
        }
    }

    /** A piece of thinking, to append to the thinking of the block. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record ThinkingDelta(JsonObject json) implements ContentDelta {

        public String thinking() {
            return Fields.textOrEmpty(json, "thinking");
        }

        /** Returns Claude's estimate of the thinking tokens (beta). */
        public OptionalLong estimatedTokens() {
            return Fields.number(json, "estimated_tokens");
        }
    }

    /** The signature of the thinking. It replaces an earlier one. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record SignatureDelta(JsonObject json) implements ContentDelta {

        public String signature() {
            return Fields.textOrEmpty(json, "signature");
        }
    }

    /** A citation, to add to the citations of the text. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record CitationsDelta(JsonObject json) implements ContentDelta {

        public Citation citation() {
            return Citation.of(Fields.object(json, "citation").orElse(JsonValue.EMPTY_JSON_OBJECT));
        }
    }

    /** The content of a compaction (beta). It replaces earlier content. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record CompactionDelta(JsonObject json) implements ContentDelta {

        public Optional<String> content() {
            return Fields.text(json, "content");
        }

        public Optional<String> encryptedContent() {
            return Fields.text(json, "encrypted_content");
        }
    }

    /** A delta of an unknown type, or without a required field. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record Unknown(JsonObject json) implements ContentDelta {}

    /** For JSON-B. */
    final class Adapter extends JsonBacked.Adapter<ContentDelta> {

        public Adapter() {
            super(ContentDelta.class);
        }
    }
}
