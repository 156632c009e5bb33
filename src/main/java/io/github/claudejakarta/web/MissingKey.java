package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import java.util.Optional;

/**
 * Records that the server had a key for Claude and lost it. Until it is set again, the server sends nothing to Claude
 * in its own name: jobs and batches wait, and the server is not ready.
 *
 * <p>Safe for use by many threads.
 */
public final class MissingKey {

    private volatile String reason;

    /**
     * Records that the key is missing.
     *
     * @param why for the operator: what is missing, and what to do
     */
    public void report(String why) {
        reason = why;
    }

    /**
     * Returns the error for a caller whose work needs the server's key.
     *
     * @param otherwise the message if the server never had a key
     */
    public ClaudeException error(String otherwise) {
        return reason().map(why -> ClaudeException.of(
                        503,
                        ErrorType.API,
                        "The server's key for Claude (claude.api-key) is missing. Retry when"
                                + " the key is set and /health/ready is UP."))
                .orElseGet(() ->
                        ClaudeException.of(ErrorType.INVALID_REQUEST, otherwise).withKind(ErrorKind.INTERNAL));
    }

    /** Returns why the server is not ready; empty if the key is not missing. */
    public Optional<String> reason() {
        return Optional.ofNullable(reason);
    }
}
