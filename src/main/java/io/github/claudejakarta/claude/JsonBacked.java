package io.github.claudejakarta.claude;

import jakarta.json.JsonException;
import jakarta.json.JsonValue;
import jakarta.json.bind.adapter.JsonbAdapter;
import java.util.Objects;

/**
 * A value that is a view of JSON: an object of Claude's API, or of this module's HTTP API. JSON-B writes and reads it
 * as {@link #json()}. Each type names its {@link Adapter}, so a value whose type is declared needs no configuration;
 * for other values see {@code io.github.claudejakarta.binding.ClaudeJsonb}. A server without JSON-B ignores the
 * adapters.
 *
 * <p>For Jackson there is {@code io.github.claudejakarta.binding.ClaudeJacksonModule}.
 */
@PublicApi
public interface JsonBacked {

    /** Returns the JSON of the value, as the API defines it. */
    JsonValue json();

    /**
     * Returns the value that JSON represents. Fields that the type does not know are kept.
     *
     * @param type a type with a form in JSON, for example {@code Message.class}
     * @return null if the JSON is null
     * @throws IllegalArgumentException if the JSON is not valid for the type
     * @throws JsonException if values of the type can be written but not read
     */
    static <T extends JsonBacked> T read(Class<T> type, JsonValue json) {
        return JsonBackedReader.read(type, json);
    }

    /** Writes and reads one type with JSON-B. Each type names its adapter in an annotation. */
    abstract class Adapter<T extends JsonBacked> implements JsonbAdapter<T, JsonValue> {

        private final Class<T> type;

        protected Adapter(Class<T> type) {
            this.type = Objects.requireNonNull(type, "type");
        }

        @Override
        public JsonValue adaptToJson(T value) {
            return value.json();
        }

        @Override
        public T adaptFromJson(JsonValue json) {
            return json == null ? null : read(type, json);
        }
    }
}
