package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * The question of a conversation that has no answer yet. A page that is reloaded finds its stream here.
 *
 * @param askedAt time of the question
 * @param streamId the stream of the answer; empty if a job sends the question, and for a moment after the question
 * @param jobId the job that sends the question; empty for a stream
 */
@PublicApi
public record OpenQuestion(Instant askedAt, Optional<String> streamId, Optional<String> jobId) {

    public OpenQuestion {
        Objects.requireNonNull(askedAt, "askedAt");
        Objects.requireNonNull(streamId, "streamId");
        Objects.requireNonNull(jobId, "jobId");
    }

    JsonObject json() {
        return JsonText.builder()
                .add("asked_at", askedAt.toString())
                .add("stream_id", text(streamId))
                .add("job_id", text(jobId))
                .build();
    }

    static JsonValue text(Optional<String> value) {
        return value.map(JsonText::string).orElse(JsonValue.NULL);
    }
}
