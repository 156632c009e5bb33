package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Optional;

/** More about a stop; only refusals have it so far. */
@PublicApi
@JsonbTypeAdapter(StopDetails.Adapter.class)
public record StopDetails(JsonObject json) implements JsonBacked {

    /** {@code refusal}. */
    public String type() {
        return Fields.textOrEmpty(json, "type");
    }

    /** What the refusal is about, as {@code cyber} or {@code bio}; empty where Claude does not say. */
    public Optional<String> category() {
        return Fields.text(json, "category");
    }

    public Optional<String> explanation() {
        return Fields.text(json, "explanation");
    }

    /** Beta: the model to try instead. */
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
