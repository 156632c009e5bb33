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
 * A part of a batch, which is one of Anthropic's batches or will be.
 *
 * @param number from 1, in the order of the requests; resubmissions follow
 * @param round 0 for what was submitted, 1 for the first resubmission, and so on
 * @param first position of its first request in the batch, from 0; of a resubmission 0
 * @param last position of its last one; of a resubmission -1
 * @param requests how many it was made of
 * @param bytes of the body that creates it
 * @param sentAt when it was last begun to be sent
 * @param messageBatch as Claude last described it; empty before it was accepted
 * @param problem what last went wrong, in Anthropic's shape
 * @param counts of the requests whose latest outcome, or none yet, is this part's
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

    /** Whether Claude has results of it. */
    boolean hasResults() {
        return state == PartState.ENDED;
    }

    /** Whether its requests never came to Claude, so that what became of them is known here alone. */
    boolean isUnsent() {
        return round == 0 && (state == PartState.FAILED || state == PartState.CANCELED);
    }

    /** Anthropic's object, with what we know besides; before it was accepted one of the same shape without an id. */
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
