package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Generates a plausible input for a tool from its JSON Schema. Depth and number of values are limited, because a schema
 * can refer to itself.
 */
final class ToolInput {

    private static final int MAX_DEPTH = 8;
    private static final Map<String, String> BY_FORMAT = Map.of(
            "date", "2026-11-21",
            "date-time", "2026-11-21T09:30:00Z",
            "time", "09:30:00Z",
            "email", "ada@example.org",
            "uri", "https://example.org/",
            "uuid", "3f2b8c1e-5d4a-4c6f-9a7b-0e1d2c3b4a59");
    private static final Map<String, String> BY_NAME = Map.of(
            "city", "Paris",
            "location", "Paris, France",
            "country", "France",
            "date", "2026-11-21",
            "email", "ada@example.org",
            "url", "https://example.org/",
            "name", "Ada Lovelace",
            "path", "notes.txt");

    private final JsonObject schema;
    private int remainingValues = 200;

    private ToolInput(JsonObject schema) {
        this.schema = schema;
    }

    static JsonObject of(JsonObject schema) {
        return new ToolInput(schema).value("", schema, 0) instanceof JsonObject input
                ? input
                : JsonValue.EMPTY_JSON_OBJECT;
    }

    private JsonValue value(String name, JsonObject type, int depth) {
        if (depth > MAX_DEPTH || --remainingValues < 0) {
            return JsonValue.NULL;
        }
        for (var given : List.of("const", "default")) {
            if (type.containsKey(given)) {
                return type.get(given);
            }
        }
        for (var given : List.of("enum", "examples")) {
            if (type.get(given) instanceof JsonArray values && !values.isEmpty()) {
                return values.get(0);
            }
        }
        for (var given : List.of("anyOf", "oneOf", "allOf")) {
            if (type.get(given) instanceof JsonArray types
                    && !types.isEmpty()
                    && types.get(0) instanceof JsonObject first) {
                return value(name, first, depth + 1);
            }
        }
        if (type.get("$ref") instanceof JsonString reference) {
            return value(name, resolve(reference.getString()), depth + 1);
        }
        return switch (typeName(type)) {
            case "object" -> object(type, depth);
            case "array" -> array(name, type, depth);
            case "integer" -> type.get("minimum") instanceof JsonNumber minimum ? minimum : PROVIDER.createValue(1);
            case "number" -> type.get("minimum") instanceof JsonNumber minimum ? minimum : PROVIDER.createValue(1.5);
            case "boolean" -> JsonValue.TRUE;
            case "null" -> JsonValue.NULL;
            default -> PROVIDER.createValue(string(name, type));
        };
    }

    private static String typeName(JsonObject type) {
        var name = type.get("type");
        if (name instanceof JsonArray names && !names.isEmpty()) {
            name = names.get(0);
        }
        if (name instanceof JsonString string) {
            return string.getString();
        }
        return type.containsKey("properties") ? "object" : "string";
    }

    private JsonObject object(JsonObject type, int depth) {
        var object = PROVIDER.createObjectBuilder();
        if (type.get("properties") instanceof JsonObject properties) {
            properties.forEach((name, property) -> {
                if (property instanceof JsonObject of && remainingValues > 0) {
                    object.add(name, value(name, of, depth + 1));
                }
            });
        }
        return object.build();
    }

    private JsonArray array(String name, JsonObject type, int depth) {
        var array = PROVIDER.createArrayBuilder();
        if (type.get("items") instanceof JsonObject items) {
            array.add(value(name, items, depth + 1));
        }
        return array.build();
    }

    private JsonObject resolve(String reference) {
        try {
            var type = reference.startsWith("#")
                    ? PROVIDER.createPointer(reference.substring(1)).getValue(schema)
                    : JsonValue.NULL;
            return type instanceof JsonObject object ? object : JsonValue.EMPTY_JSON_OBJECT;
        } catch (JsonException | IllegalArgumentException unresolvable) {
            return JsonValue.EMPTY_JSON_OBJECT;
        }
    }

    private static String string(String name, JsonObject type) {
        var byFormat = BY_FORMAT.get(type.getString("format", ""));
        if (byFormat != null) {
            return byFormat;
        }
        return BY_NAME.entrySet().stream()
                .filter(entry -> name.toLowerCase(Locale.ROOT).equals(entry.getKey()))
                .map(Map.Entry::getValue)
                .findAny()
                .orElse("example");
    }
}
