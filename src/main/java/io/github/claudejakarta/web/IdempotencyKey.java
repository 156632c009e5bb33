package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.util.Optional;

/** The {@code Idempotency-Key} header, which identifies a repeated submission. */
public final class IdempotencyKey {

    public static final String HEADER = "Idempotency-Key";
    private static final int MAX_LENGTH = 255;

    private IdempotencyKey() {}

    /**
     * Returns the key of a submission, or empty without the header.
     *
     * @param header the value of the header, or null
     * @throws ClaudeException {@code invalid_request_error} for a blank key or one of more than 255 characters
     */
    public static Optional<String> of(String header) {
        if (header != null && (header.isBlank() || header.length() > MAX_LENGTH)) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    HEADER + ": the key must have 1 to " + MAX_LENGTH + " characters, and must not be blank");
        }
        return Optional.ofNullable(header);
    }
}
