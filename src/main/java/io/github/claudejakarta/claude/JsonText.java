package io.github.claudejakarta.claude;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonBuilderFactory;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import jakarta.json.JsonWriter;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** Reads and builds JSON. It looks the provider up once; the static methods of {@code Json} look it up at each call. */
public final class JsonText {

    static final JsonProvider PROVIDER = JsonProvider.provider();

    private static final JsonParserFactory PARSERS = PROVIDER.createParserFactory(Map.of());
    private static final JsonBuilderFactory BUILDERS = PROVIDER.createBuilderFactory(Map.of());

    private JsonText() {}

    /** Returns the JSON object if the text is exactly one JSON object; otherwise empty. */
    public static Optional<JsonObject> object(String text) {
        try (var parser = parser(text)) {
            if (parser.next() != JsonParser.Event.START_OBJECT) {
                return Optional.empty();
            }
            var object = parser.getObject();
            // A JsonReader would ignore text after the object.
            return parser.hasNext() ? Optional.empty() : Optional.of(object);
        } catch (RuntimeException e) {
            // Not only JsonException: Parsson throws others at its limits of depth and of digits.
            return Optional.empty();
        }
    }

    /**
     * Reads a text that is one JSON value of any type.
     *
     * @throws jakarta.json.JsonException if the text is not valid JSON
     */
    public static JsonValue value(String text) {
        try (var parser = parser(text)) {
            parser.next();
            return parser.getValue();
        }
    }

    static JsonParser parser(InputStream in, Charset charset) {
        return PARSERS.createParser(in, charset);
    }

    static JsonParser parser(String text) {
        return PARSERS.createParser(new StringReader(text));
    }

    public static JsonObjectBuilder builder() {
        return BUILDERS.createObjectBuilder();
    }

    /** Returns a builder with the fields of an object. */
    public static JsonObjectBuilder builder(JsonObject json) {
        return BUILDERS.createObjectBuilder(json);
    }

    static JsonObject object(Map<String, JsonValue> fields) {
        var builder = BUILDERS.createObjectBuilder();
        fields.forEach(builder::add);
        return builder.build();
    }

    public static JsonArrayBuilder array() {
        return BUILDERS.createArrayBuilder();
    }

    /** Returns the value as JSON text that can be encoded in UTF-8: lone halves of surrogate pairs are escapes. */
    public static String text(JsonValue json) {
        return Surrogates.escaped(json.toString());
    }

    /** Returns the value as JSON text in UTF-8. */
    public static byte[] bytes(JsonValue json) {
        return text(json).getBytes(StandardCharsets.UTF_8);
    }

    /** Writes the value as JSON text in UTF-8, in pieces. The stream is flushed and stays open. */
    public static void write(JsonValue json, OutputStream out) {
        try (JsonWriter writer = PROVIDER.createWriter(new JsonEncoder(out))) {
            writer.write(json);
        }
    }

    public static JsonValue string(CharSequence text) {
        return PROVIDER.createValue(text.toString());
    }
}
