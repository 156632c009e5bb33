package io.github.claudejakarta.claude;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;

/**
 * A JSON object with its original text, which {@link #toString} returns. A JSON writer would change the spelling of
 * numbers and strings, and drop duplicate keys.
 */
final class VerbatimObject extends AbstractMap<String, JsonValue> implements JsonObject {

    private final JsonObject values;
    private final String text;

    VerbatimObject(JsonObject values, String text) {
        this.values = values;
        this.text = text;
    }

    @Override
    public Set<Map.Entry<String, JsonValue>> entrySet() {
        return values.entrySet();
    }

    @Override
    public JsonValue get(Object name) {
        return values.get(name);
    }

    @Override
    public boolean containsKey(Object name) {
        return values.containsKey(name);
    }

    @Override
    public ValueType getValueType() {
        return ValueType.OBJECT;
    }

    @Override
    public JsonArray getJsonArray(String name) {
        return values.getJsonArray(name);
    }

    @Override
    public JsonObject getJsonObject(String name) {
        return values.getJsonObject(name);
    }

    @Override
    public JsonNumber getJsonNumber(String name) {
        return values.getJsonNumber(name);
    }

    @Override
    public JsonString getJsonString(String name) {
        return values.getJsonString(name);
    }

    @Override
    public String getString(String name) {
        return values.getString(name);
    }

    @Override
    public String getString(String name, String otherwise) {
        return values.getString(name, otherwise);
    }

    @Override
    public int getInt(String name) {
        return values.getInt(name);
    }

    @Override
    public int getInt(String name, int otherwise) {
        return values.getInt(name, otherwise);
    }

    @Override
    public boolean getBoolean(String name) {
        return values.getBoolean(name);
    }

    @Override
    public boolean getBoolean(String name, boolean otherwise) {
        return values.getBoolean(name, otherwise);
    }

    @Override
    public boolean isNull(String name) {
        return values.isNull(name);
    }

    /** Returns the text as it was read. */
    @Override
    public String toString() {
        return text;
    }
}
