package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;

/** A cache breakpoint: Claude caches the prompt up to the object that contains it. */
enum CacheControl {
    FIVE_MINUTES(""),
    HOUR("1h");

    static final String FIELD = "cache_control";

    private final String ttl;

    /** @param ttl {@code ""} for Claude's default */
    CacheControl(String ttl) {
        this.ttl = ttl;
    }

    JsonObject json() {
        var json = JsonText.builder().add("type", "ephemeral");
        return (ttl.isEmpty() ? json : json.add("ttl", ttl)).build();
    }

    /** Returns the object with this breakpoint, which replaces an existing one. */
    JsonObject on(JsonObject object) {
        return JsonText.builder(object).add(FIELD, json()).build();
    }
}
