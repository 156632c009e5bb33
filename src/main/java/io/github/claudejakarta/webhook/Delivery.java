package io.github.claudejakarta.webhook;

import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * A callback as it stood when it was asked for.
 *
 * @param id {@code webhook-id}, the same in every attempt
 * @param event what it tells, as {@code job.succeeded}
 * @param attempts how often it was sent
 * @param lastStatus HTTP status of the last answer; empty where there was none
 * @param lastAnswer the beginning of what a receiver said that refused it, or why there was no answer
 * @param nextAttemptAt empty where it is over
 * @param endedAt when it was delivered, refused for good or given up
 */
@PublicApi
public record Delivery(
        String id,
        String event,
        URI url,
        DeliveryStatus status,
        int attempts,
        Optional<Integer> lastStatus,
        Optional<String> lastAnswer,
        Instant createdAt,
        Optional<Instant> lastAttemptAt,
        Optional<Instant> nextAttemptAt,
        Optional<Instant> endedAt) {

    /** As the API shows it. */
    public JsonObject json() {
        return Json.createObjectBuilder()
                .add("id", id)
                .add("type", "delivery")
                .add("event", event)
                .add("url", url.toString())
                .add("status", status.toString())
                .add("attempts", attempts)
                .add(
                        "last_status",
                        lastStatus
                                .map(code -> (JsonValue) Json.createValue(code))
                                .orElse(JsonValue.NULL))
                .add("last_answer", text(lastAnswer))
                .add("created_at", createdAt.toString())
                .add("last_attempt_at", text(lastAttemptAt))
                .add("next_attempt_at", text(nextAttemptAt))
                .add("ended_at", text(endedAt))
                .build();
    }

    private static JsonValue text(Optional<?> value) {
        return value.map(one -> (JsonValue) Json.createValue(one.toString())).orElse(JsonValue.NULL);
    }
}
