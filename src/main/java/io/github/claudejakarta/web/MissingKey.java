package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import java.util.Optional;

/**
 * Whether the server had a key of its own for Claude and has none now. Then nothing is sent to Claude in the server's
 * name: jobs and batches wait, and the server is not ready.
 *
 * <p>Safe for use by many threads.
 */
public final class MissingKey {

    private volatile String reason;

    /** @param why for the operator: what is missing, and what to do */
    public void note(String why) {
        reason = why;
    }

    /**
     * Returns the error for a caller whose work needs the server's key.
     *
     * @param otherwise what is wrong where the server never had a key
     */
    public ClaudeException error(String otherwise) {
        return reason().map(why -> ClaudeException.of(
                        503,
                        ErrorType.API,
                        "The server's key for Claude (claude.api-key) is missing. Send the request again when"
                                + " it is set: /health/ready is then up"))
                .orElseGet(() ->
                        ClaudeException.of(ErrorType.INVALID_REQUEST, otherwise).withKind(ErrorKind.INTERNAL));
    }

    /** Returns why the server is not ready; empty if it has what it had. */
    public Optional<String> reason() {
        return Optional.ofNullable(reason);
    }
}
