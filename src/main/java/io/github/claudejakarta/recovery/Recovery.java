package io.github.claudejakarta.recovery;

import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.Usage;
import java.util.Objects;

/**
 * A recovery of an answer: the position at which it broke off and was continued.
 *
 * @param after the sequence number of the last event before the break
 * @param reason why it broke off: {@code api_error} for a lost connection, {@code timeout_error} if no events arrived,
 *     or the type of Claude's own error
 * @param usage the usage of the answer that broke off, as last reported by Claude
 */
@PublicApi
public record Recovery(int after, ErrorType reason, Usage usage) {

    public Recovery {
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(usage, "usage");
    }

    /** Returns the text of the comment in the stream of events. */
    @Override
    public String toString() {
        return "recovered after " + after + ": " + reason;
    }
}
