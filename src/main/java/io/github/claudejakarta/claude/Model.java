package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A model that Claude's API offers.
 *
 * @param json as it was received, with fields that have no accessor here, such as {@code capabilities}
 */
@PublicApi
@JsonbTypeAdapter(Model.Adapter.class)
public record Model(JsonObject json) implements JsonBacked {

    public Model {
        Objects.requireNonNull(json, "json");
    }

    /** Returns the id, which requests name: for example {@code claude-opus-5-5}. */
    public String id() {
        return Fields.textOrEmpty(json, "id");
    }

    /** Returns the name for people, for example {@code Claude Opus 5.5}; the id where there is none. */
    public String displayName() {
        return Fields.text(json, "display_name").orElseGet(this::id);
    }

    /** Returns when the model was released; empty where the API does not say. */
    public Optional<Instant> createdAt() {
        return Fields.text(json, "created_at").flatMap(Model::instant);
    }

    /** Returns how many tokens of input a request may have; empty where the API does not say. */
    public OptionalLong maxInputTokens() {
        return Fields.number(json, "max_input_tokens");
    }

    /** Returns the largest {@code max_tokens} of a request; empty where the API does not say. */
    public OptionalLong maxTokens() {
        return Fields.number(json, "max_tokens");
    }

    private static Optional<Instant> instant(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<Model> {

        public Adapter() {
            super(Model.class);
        }
    }
}
