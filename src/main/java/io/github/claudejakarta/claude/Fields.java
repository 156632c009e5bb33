package io.github.claudejakarta.claude;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads fields of received JSON objects. A field that is absent, null or of another type reads as empty. */
final class Fields {

    private Fields() {}

    static Optional<JsonValue> value(JsonObject json, String key) {
        return Optional.ofNullable(json.get(key)).filter(value -> value != JsonValue.NULL);
    }

    static Optional<String> text(JsonObject json, String key) {
        return json.get(key) instanceof JsonString text ? Optional.of(text.getString()) : Optional.empty();
    }

    static String textOrEmpty(JsonObject json, String key) {
        return text(json, key).orElse("");
    }

    static Optional<JsonObject> object(JsonObject json, String key) {
        return json.get(key) instanceof JsonObject object ? Optional.of(object) : Optional.empty();
    }

    static List<JsonObject> objects(JsonObject json, String key) {
        return json.get(key) instanceof JsonArray array
                ? array.stream()
                        .filter(JsonObject.class::isInstance)
                        .map(JsonObject.class::cast)
                        .toList()
                : List.of();
    }

    static OptionalLong number(JsonObject json, String key) {
        return json.get(key) instanceof JsonNumber number ? whole(number) : OptionalLong.empty();
    }

    static OptionalInt index(JsonObject json, String key) {
        var number = number(json, key).orElse(-1);
        return number >= 0 && number <= Integer.MAX_VALUE ? OptionalInt.of((int) number) : OptionalInt.empty();
    }

    static boolean isTrue(JsonObject json, String key) {
        return json.get(key) == JsonValue.TRUE;
    }

    private static OptionalLong whole(JsonNumber number) {
        try {
            return OptionalLong.of(number.bigDecimalValue().longValueExact());
        } catch (ArithmeticException e) {
            return OptionalLong.empty();
        }
    }
}
