package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.durable.StoredErrors;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.time.Instant;
import java.util.Optional;

/**
 * A part of a batch: the requests of one message batch of Claude, before or after Claude has accepted it.
 *
 * @param number from 1, in the order of the requests, then of the resubmissions
 * @param round 0 for the first submission, 1 for the first resubmission, and so on
 * @param first position of the first request in the batch, from 0; 0 for a resubmission
 * @param last position of the last request; -1 for a resubmission
 * @param requests number of requests in the part
 * @param bytes size of the body that creates the message batch
 * @param sentAt when the latest attempt to send the part began
 * @param messageBatch Claude's latest description; empty before Claude has accepted the part
 * @param problem the latest error, in Anthropic's format
 * @param counts of the requests whose latest outcome is from this part, or is still open
 */
@PublicApi
public record BatchPart(
        int number,
        int round,
        PartState state,
        long first,
        long last,
        long requests,
        long bytes,
        Optional<Instant> sentAt,
        Optional<MessageBatch> messageBatch,
        Optional<String> problem,
        MessageBatch.Counts counts) {

    /** Returns whether Claude has results of the part. */
    boolean hasResults() {
        return state == PartState.ENDED;
    }

    /** Returns whether Claude never accepted the requests, so that only this server has their outcome. */
    boolean isUnsent() {
        return round == 0 && (state == PartState.FAILED || state == PartState.CANCELED);
    }

    /**
     * Returns Anthropic's object with additional fields of this server. Before Claude has accepted the part, the object
     * has the same format and no id.
     */
    JsonObject json() {
        JsonObject base = messageBatch
                .map(MessageBatch::json)
                .orElseGet(() -> Json.createObjectBuilder()
                        .add("id", JsonValue.NULL)
                        .add("type", "message_batch")
                        .add("processing_status", state.toString())
                        .add("request_counts", counts.json())
                        .add("results_url", JsonValue.NULL)
                        .build());
        var json = Json.createObjectBuilder(base)
                .add("number", number)
                .add("round", round)
                .add("state", state.toString())
                .add("requests", requests);
        problem.ifPresent(text -> json.add("problem", StoredErrors.json(text)));
        return json.build();
    }
}
