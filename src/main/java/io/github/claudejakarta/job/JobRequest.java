package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.RequestOptions;
import jakarta.json.JsonObject;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/**
 * A message that an application submits as a job.
 *
 * <pre>{@code
 * JobRequest.of(MessageRequest.of("claude-opus-5-5", 1024, "Summarise ..."))
 *         .withCallback(URI.create("https://claims.example/claude"))
 *         .withOptions(RequestOptions.none().withCorrelation(claim.id()));
 * }</pre>
 *
 * @param request for Claude; always streamed, whether or not it has {@code stream}
 * @param callbackUrl gets a signed callback at the end; checked when the job is submitted
 * @param metadata data of the application, returned with the job; at most 8,000 characters of JSON
 * @param options stored with the job and used by each attempt. A timeout applies to one attempt. Options with a key are
 *     rejected when the job is submitted
 */
@PublicApi
public record JobRequest(
        MessageRequest request, Optional<URI> callbackUrl, Optional<JsonObject> metadata, RequestOptions options) {

    public JobRequest {
        Objects.requireNonNull(request, "request");
        Objects.requireNonNull(callbackUrl, "callbackUrl");
        Objects.requireNonNull(metadata, "metadata");
        Objects.requireNonNull(options, "options");
    }

    /** Returns a job without callback, metadata and options. */
    public static JobRequest of(MessageRequest request) {
        return new JobRequest(request, Optional.empty(), Optional.empty(), RequestOptions.none());
    }

    /** Returns a copy with a callback: the end of the job is reported to this URL. */
    public JobRequest withCallback(URI url) {
        return new JobRequest(request, Optional.of(url), metadata, options);
    }

    /** Returns a copy with this metadata. */
    public JobRequest withMetadata(JsonObject own) {
        return new JobRequest(request, callbackUrl, Optional.of(own), options);
    }

    /** Returns a copy with these options. They replace earlier ones. */
    public JobRequest withOptions(RequestOptions newOptions) {
        return new JobRequest(request, callbackUrl, metadata, newOptions);
    }
}
