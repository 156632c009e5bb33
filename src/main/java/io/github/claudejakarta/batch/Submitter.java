package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.PublicUrl;
import java.net.URI;
import java.util.Optional;

/**
 * The caller that submits a batch, with the options of the submission.
 *
 * @param owner the caller that may see the batch
 * @param headers headers for Claude
 * @param key {@code Idempotency-Key}
 * @param callbackUrl the callback URL, unchecked
 * @param server URL of this server as the submitter knows it, without {@code /v1}; empty if it is unknown
 */
record Submitter(String owner, StoredHeaders headers, Optional<String> key, Optional<String> callbackUrl, URI server) {

    /** The length of its column. */
    private static final int MAX_SERVER_LENGTH = 2_000;

    private static final URI NOWHERE = URI.create("");

    Submitter {
        if (server.toString().length() > MAX_SERVER_LENGTH) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "The URL of this server is longer than " + MAX_SERVER_LENGTH
                            + " characters. It is from the Host header or claude.public-url");
        }
    }

    /**
     * Returns the application as the submitter, for the caller in the options.
     *
     * @throws ClaudeException {@code invalid_request_error} if the options are not possible for a batch
     */
    static Submitter application(RequestOptions options, Optional<URI> callbackUrl, PublicUrl publicUrl) {
        if (options.timeout().isPresent()) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "options: a batch cannot have a time limit (withTimeout), because Claude has 24 hours for it. "
                            + "To wait for less, use await(id, limit) and cancel(id).");
        }
        return new Submitter(
                options.caller().orElse(Caller.LOCAL.name()),
                StoredHeaders.of(options, "batch"),
                Optional.empty(),
                callbackUrl.map(URI::toString),
                publicUrl.configured().orElse(NOWHERE));
    }
}
