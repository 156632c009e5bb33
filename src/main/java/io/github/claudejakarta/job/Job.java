package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.JsonBacked;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.UnparsedToolInput;
import io.github.claudejakarta.webhook.Callback;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.time.Instant;
import java.util.Optional;

/**
 * A snapshot of a job.
 *
 * @param owner the caller that may see it
 * @param revision increases with each change
 * @param attempts number of attempts since it was submitted or retried
 * @param restarts number of these attempts that ended because their server stopped or died
 * @param streamId stream of the latest attempt, on the server that ran it, for as long as that server keeps the stream
 * @param message of a job that succeeded; empty in lists
 * @param error of the latest attempt that failed; empty after an attempt that succeeded
 * @param callback the URL that gets the end, and the state of the latest delivery; empty without one
 * @param metadata of the submission
 * @param correlation the application's own id ({@code RequestOptions.withCorrelation}); empty if it has none
 * @param startedAt start of the latest attempt
 * @param nextAttemptAt time of the next attempt if the job is queued after a failure
 * @param isSimulated whether its message or error is from a simulator and not from Claude
 */
@PublicApi
@JsonbTypeAdapter(Job.Adapter.class)
public record Job(
        String id,
        String owner,
        JobStatus status,
        long revision,
        int attempts,
        int restarts,
        Optional<String> streamId,
        Optional<Message> message,
        Optional<ClaudeException> error,
        Optional<Callback> callback,
        Optional<JsonObject> metadata,
        Optional<String> correlation,
        Instant createdAt,
        Optional<Instant> startedAt,
        Optional<Instant> nextAttemptAt,
        Optional<Instant> endedAt,
        boolean isSimulated)
        implements JsonBacked {

    /** Returns the job as the API shows it. */
    @Override
    public JsonObject json() {
        var json = Json.createObjectBuilder()
                .add("id", id)
                .add("type", "job")
                .add("status", status.toString())
                .add("attempts", attempts)
                .add("restarts", restarts)
                .add("stream_id", text(streamId))
                .add("message", message.map(one -> (JsonValue) one.json()).orElse(JsonValue.NULL));
        message.ifPresent(one -> UnparsedToolInput.addTo(json, one.unparsedToolInputs()));
        if (isSimulated) {
            json.add("simulator", true);
        }
        json.add("error", error.map(Job::json).orElse(JsonValue.NULL))
                .add("callback", callback.map(one -> (JsonValue) one.json()).orElse(JsonValue.NULL))
                .add("metadata", metadata.map(own -> (JsonValue) own).orElse(JsonValue.NULL));
        correlation.ifPresent(own -> json.add("correlation", own));
        return json.add("created_at", createdAt.toString())
                .add("started_at", text(startedAt))
                .add("next_attempt_at", text(nextAttemptAt))
                .add("ended_at", text(endedAt))
                .build();
    }

    /** Returns the job without its message, as lists show it. */
    JsonObject itemJson() {
        return Json.createObjectBuilder(json())
                .remove("message")
                .remove(UnparsedToolInput.FIELD)
                .build();
    }

    private static JsonValue json(ClaudeException error) {
        return Json.createObjectBuilder()
                .add("type", error.type().value())
                .add("message", error.errorMessage())
                .build();
    }

    private static JsonValue text(Optional<?> value) {
        return value.map(one -> (JsonValue) Json.createValue(one.toString())).orElse(JsonValue.NULL);
    }

    /** Writes jobs with JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<Job> {

        public Adapter() {
            super(Job.class);
        }
    }
}
