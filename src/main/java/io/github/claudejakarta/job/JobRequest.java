package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.MessageRequest;
import jakarta.json.JsonObject;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/**
 * What an application hands over.
 *
 * <pre>{@code
 * JobRequest.of(MessageRequest.of("claude-opus-5-5", 1024, "Summarise ...")).withCallback(URI.create("https://claims.example/claude"));
 * }</pre>
 *
 * @param request what Claude is asked; it is streamed whether it says so or not
 * @param callbackUrl who is told of the end; checked when the job is submitted
 * @param metadata the application's own, given back with the job; at most 8,000 characters of JSON
 */
public record JobRequest(MessageRequest request, Optional<URI> callbackUrl, Optional<JsonObject> metadata) {

    public JobRequest {
        Objects.requireNonNull(request, "request");
        Objects.requireNonNull(callbackUrl, "callbackUrl");
        Objects.requireNonNull(metadata, "metadata");
    }

    public static JobRequest of(MessageRequest request) {
        return new JobRequest(request, Optional.empty(), Optional.empty());
    }

    public JobRequest withCallback(URI url) {
        return new JobRequest(request, Optional.of(url), metadata);
    }

    public JobRequest withMetadata(JsonObject own) {
        return new JobRequest(request, callbackUrl, Optional.of(own));
    }
}
