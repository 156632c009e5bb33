package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.Prices.Tokens;
import java.time.Duration;
import java.util.Optional;

/**
 * The outcome of a call to Claude, including its retries. It contains no text of the conversation.
 *
 * @param status the HTTP status of the last answer, or the status that belongs to the error; also 200 for a stream that
 *     ended in an error
 * @param error an error type of Anthropic, or {@link #CANCELED}; empty for a complete answer
 * @param requestId Claude's {@code request-id} of the last attempt
 * @param attempts the number of attempts; 0 if the circuit breaker was open
 * @param messageId the id of the message, if Claude has sent it
 * @param model the model that answered
 * @param tokens the tokens of the message, as last reported by Claude. If a stream was cut before Claude reported its
 *     output, each delta counts as one token, which is fewer than were used. Empty without a message
 * @param stopReason empty for a message that was cut off
 * @param timeToFirstToken from the beginning of the call, retries included, to the first delta of a stream
 * @param duration from the beginning of the call to its end
 * @param isSimulated whether a simulator answered, and not Claude
 */
public record CallOutcome(
        int status,
        Optional<String> error,
        Optional<String> requestId,
        int attempts,
        Optional<String> messageId,
        Optional<String> model,
        Optional<Tokens> tokens,
        Optional<String> stopReason,
        Optional<Duration> timeToFirstToken,
        Duration duration,
        boolean isSimulated) {

    /** The error of a call that was canceled on this side. It is not an error type of Anthropic. */
    public static final String CANCELED = "canceled";

    /**
     * Returns the outcome of this call together with an earlier call whose answer it continues: attempts, tokens and
     * time are added up.
     */
    public CallOutcome after(CallOutcome earlier) {
        Optional<Tokens> both =
                tokens.map(used -> earlier.tokens.map(used::plus).orElse(used)).or(() -> earlier.tokens);
        return new CallOutcome(
                status,
                error,
                requestId,
                attempts + earlier.attempts,
                earlier.messageId.or(() -> messageId),
                model.or(() -> earlier.model),
                both,
                stopReason,
                earlier.timeToFirstToken.or(() -> timeToFirstToken),
                duration.plus(earlier.duration),
                isSimulated || earlier.isSimulated);
    }
}
