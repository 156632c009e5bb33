package io.github.claudejakarta.simulator;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;

/** Estimates tokens: four characters are one token. */
final class TokenCount {

    static final int CHARACTERS_PER_TOKEN = 4;

    private TokenCount() {}

    static long ofCharacters(long characters) {
        return (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
    }

    /** Returns the tokens of names and texts. Punctuation does not count. */
    static long of(JsonValue json) {
        return ofCharacters(characters(json));
    }

    private static long characters(JsonValue json) {
        if (json instanceof JsonObject object) {
            return object.entrySet().stream()
                    .mapToLong(entry -> entry.getKey().length() + characters(entry.getValue()))
                    .sum();
        }
        if (json instanceof JsonArray array) {
            return array.stream().mapToLong(TokenCount::characters).sum();
        }
        return json instanceof JsonString string ? string.getString().length() : 1;
    }
}
