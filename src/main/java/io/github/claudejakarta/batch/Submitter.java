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
 * Who submits a batch, and how.
 *
 * @param owner who may see it
 * @param headers for Claude
 * @param key {@code Idempotency-Key}
 * @param callbackUrl as it was given; not checked yet
 * @param server this server's URL as the submitter knows it, without {@code /v1}; empty where nobody knows
 */
record Submitter(String owner, StoredHeaders headers, Optional<String> key, Optional<String> callbackUrl, URI server) {

    /** As long as its column. */
    private static final int LONGEST_SERVER = 2_000;

    private static final URI NOWHERE = URI.create("");

    Submitter {
        if (server.toString().length() > LONGEST_SERVER) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "The URL of this server is longer than " + LONGEST_SERVER
                            + " characters. It is from the Host header or claude.public-url");
        }
    }

    /**
     * Returns the application itself, for the caller of the options.
     *
     * @throws ClaudeException {@code invalid_request_error} for options that a batch cannot have
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
