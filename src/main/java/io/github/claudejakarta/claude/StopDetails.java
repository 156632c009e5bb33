package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Optional;

/** Details of why Claude stopped. At present only refusals have them. */
@PublicApi
@JsonbTypeAdapter(StopDetails.Adapter.class)
public record StopDetails(JsonObject json) implements JsonBacked {

    /** Returns the type: {@code refusal}. */
    public String type() {
        return Fields.textOrEmpty(json, "type");
    }

    /**
     * Returns the subject of the refusal, for example {@code cyber} or {@code bio}; empty if Claude does not state it.
     */
    public Optional<String> category() {
        return Fields.text(json, "category");
    }

    public Optional<String> explanation() {
        return Fields.text(json, "explanation");
    }

    /** Returns the model to try instead (beta). */
    public Optional<String> recommendedModel() {
        return Fields.text(json, "recommended_model");
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<StopDetails> {

        public Adapter() {
            super(StopDetails.class);
        }
    }
}
