package io.github.claudejakarta.simulator;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;

/** Tokens as a rule of thumb: four characters each. */
final class TokenCount {

    static final int CHARACTERS = 4;

    private TokenCount() {}

    static long ofCharacters(long characters) {
        return (characters + CHARACTERS - 1) / CHARACTERS;
    }

    /** Names and texts count, punctuation does not. */
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
