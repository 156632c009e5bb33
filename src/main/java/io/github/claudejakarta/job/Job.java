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
 * A job as it stood when it was asked for.
 *
 * @param owner the caller who may see it
 * @param revision grows with each change
 * @param attempts how often it was started, since it was submitted or revived
 * @param restarts of these, those that ended with their server
 * @param streamId of the latest attempt; the stream is where that ran, for as long as streams are kept
 * @param message of one that succeeded; empty in lists
 * @param error what ended the last attempt that failed; empty again after one that succeeded
 * @param callback who is told of the end
 * @param metadata the submitter's own
 * @param correlation the application's own id ({@code RequestOptions.withCorrelation}); empty without one
 * @param startedAt of the latest attempt
 * @param nextAttemptAt of one that is queued after a failure
 * @param isSimulated whether a simulator gave its message or error, and not Claude
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

    /** As the API shows it. */
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

    /** The same without its message, as lists show it. */
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

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<Job> {

        public Adapter() {
            super(Job.class);
        }
    }
}
