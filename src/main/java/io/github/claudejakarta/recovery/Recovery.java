package io.github.claudejakarta.recovery;

import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.Usage;
import java.util.Objects;

/**
 * A place where an answer broke off and was continued.
 *
 * @param after the sequence number of the last event before
 * @param reason how it broke off: {@code api_error} for a cut, {@code timeout_error} for a silence, or the type of
 *     Claude's own error
 * @param usage what the answer that broke off used, as far as Claude told
 */
@PublicApi
public record Recovery(int after, ErrorType reason, Usage usage) {

    public Recovery {
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(usage, "usage");
    }

    /** For a comment among events. */
    @Override
    public String toString() {
        return "recovered after " + after + ": " + reason;
    }
}
