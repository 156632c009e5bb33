package io.github.claudejakarta.webhook;

import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * A snapshot of a delivery: one callback and its attempts.
 *
 * @param id {@code webhook-id}, the same in every attempt
 * @param event the event that is reported, for example {@code job.succeeded}
 * @param attempts number of attempts so far
 * @param lastStatus HTTP status of the latest answer; empty if there was no answer
 * @param lastAnswer the beginning of the receiver's latest answer, if it was an error; or the reason why there was no
 *     answer
 * @param nextAttemptAt empty if the delivery has ended
 * @param endedAt when the callback was delivered, rejected for good, or abandoned
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

    /** Returns the JSON of the HTTP API. */
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
