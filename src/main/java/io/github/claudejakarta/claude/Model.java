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
 * @param json the received JSON, with fields that have no accessor here, such as {@code capabilities}
 */
@PublicApi
@JsonbTypeAdapter(Model.Adapter.class)
public record Model(JsonObject json) implements JsonBacked {

    public Model {
        Objects.requireNonNull(json, "json");
    }

    /** Returns the id that requests use, for example {@code claude-opus-5-5}. */
    public String id() {
        return Fields.textOrEmpty(json, "id");
    }

    /** Returns the display name, for example {@code Claude Opus 5.5}; the id if the model has no such name. */
    public String displayName() {
        return Fields.text(json, "display_name").orElseGet(this::id);
    }

    /** Returns when the model was released; empty if the API does not state it. */
    public Optional<Instant> createdAt() {
        return Fields.text(json, "created_at").flatMap(Model::instant);
    }

    /** Returns the maximum number of input tokens of a request; empty if the API does not state it. */
    public OptionalLong maxInputTokens() {
        return Fields.number(json, "max_input_tokens");
    }

    /** Returns the maximum {@code max_tokens} of a request; empty if the API does not state it. */
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
