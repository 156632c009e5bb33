package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.KeptHeaders;
import io.github.claudejakarta.web.Caller;
import java.net.URI;
import java.util.Optional;

/**
 * Who submits a batch, and how.
 *
 * @param owner       who may see it
 * @param headers     for Claude
 * @param key         {@code Idempotency-Key}
 * @param callbackUrl as it was given; not checked yet
 * @param server      this server's URL as the submitter knows it, without {@code /v1}; empty where there was no request
 */
record Submitter(String owner, KeptHeaders headers, Optional<String> key, Optional<String> callbackUrl, URI server) {

    private static final URI NO_REQUEST = URI.create("");

    /** The application itself. */
    static Submitter application(Optional<URI> callbackUrl) {
        return new Submitter(Caller.LOCAL.name(), KeptHeaders.NONE, Optional.empty(), callbackUrl.map(URI::toString), NO_REQUEST);
    }
}
