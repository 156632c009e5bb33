package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Set;

/** The part of a request that {@code count_tokens} accepts. */
public final class CountedFields {

    /** Fields of a request for a message that {@code count_tokens} rejects. */
    private static final Set<String> REJECTED = Set.of(
            "container",
            "diagnostics",
            "fallback_credit_token",
            "fallbacks",
            "inference_geo",
            "max_tokens",
            "metadata",
            "service_tier",
            "stop_sequences",
            "stream",
            "temperature",
            "top_k",
            "top_p");

    private CountedFields() {}

    /** Returns a body for {@code count_tokens}. Unknown fields are kept. */
    public static JsonObject of(MessageRequest request) {
        var counted = new LinkedHashMap<>(request.json());
        counted.keySet().removeAll(REJECTED);
        return JsonText.object(counted);
    }
}
