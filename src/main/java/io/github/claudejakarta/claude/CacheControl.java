package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;

/** A cache breakpoint: Claude caches the prompt up to the object that has it. */
enum CacheControl {
    FIVE_MINUTES(JsonText.builder().add("type", "ephemeral").build()),
    HOUR(JsonText.builder().add("type", "ephemeral").add("ttl", "1h").build());

    static final String FIELD = "cache_control";

    private final JsonObject json;

    CacheControl(JsonObject json) {
        this.json = json;
    }

    JsonObject json() {
        return json;
    }

    /** Returns the object with the breakpoint, in place of another one. */
    JsonObject on(JsonObject object) {
        return JsonText.builder(object).add(FIELD, json).build();
    }
}
