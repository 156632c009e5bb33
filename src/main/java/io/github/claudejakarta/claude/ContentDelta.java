package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Optional;
import java.util.OptionalLong;

/** A piece of a content block, as it comes in a stream. */
@PublicApi
@JsonbTypeAdapter(ContentDelta.Adapter.class)
public sealed interface ContentDelta extends JsonBacked {

    @Override
    JsonObject json();

    default String type() {
        return Fields.textOrEmpty(json(), "type");
    }

    /** The delta, or {@link Unknown} for a type that is not known and for one that lacks what it should carry. */
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

    /** To be appended to the text. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record TextDelta(JsonObject json) implements ContentDelta {

        public String text() {
            return Fields.textOrEmpty(json, "text");
        }
    }

    /** To be appended to the JSON text of a tool's input, which is JSON only when the block has stopped. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record InputJsonDelta(JsonObject json) implements ContentDelta {

        public String partialJson() {
            return Fields.textOrEmpty(json, "partial_json");
        }
    }

    /** To be appended to the thinking. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record ThinkingDelta(JsonObject json) implements ContentDelta {

        public String thinking() {
            return Fields.textOrEmpty(json, "thinking");
        }

        /** Beta. */
        public OptionalLong estimatedTokens() {
            return Fields.number(json, "estimated_tokens");
        }
    }

    /** Replaces the signature of the thinking. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record SignatureDelta(JsonObject json) implements ContentDelta {

        public String signature() {
            return Fields.textOrEmpty(json, "signature");
        }
    }

    /** One more citation of the text. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record CitationsDelta(JsonObject json) implements ContentDelta {

        public Citation citation() {
            return Citation.of(Fields.object(json, "citation").orElse(JsonValue.EMPTY_JSON_OBJECT));
        }
    }

    /** Beta: replaces what the compaction holds. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record CompactionDelta(JsonObject json) implements ContentDelta {

        public Optional<String> content() {
            return Fields.text(json, "content");
        }

        public Optional<String> encryptedContent() {
            return Fields.text(json, "encrypted_content");
        }
    }

    /** A delta that came later than this code, or that cannot be used. */
    @JsonbTypeAdapter(ContentDelta.Adapter.class)
    record Unknown(JsonObject json) implements ContentDelta {}

    /** For JSON-B. */
    final class Adapter extends JsonBacked.Adapter<ContentDelta> {

        public Adapter() {
            super(ContentDelta.class);
        }
    }
}
