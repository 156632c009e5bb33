package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.util.Optional;

/** The header by which a submission that is repeated is known. */
public final class IdempotencyKey {

    public static final String HEADER = "Idempotency-Key";
    private static final int LONGEST = 255;

    private IdempotencyKey() {}

    /**
     * @param header null where there is none
     * @throws ClaudeException {@code invalid_request_error} for one that cannot be kept
     */
    public static Optional<String> of(String header) {
        if (header != null && (header.isBlank() || header.length() > LONGEST)) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, HEADER + ": between 1 and " + LONGEST + " characters");
        }
        return Optional.ofNullable(header);
    }
}
