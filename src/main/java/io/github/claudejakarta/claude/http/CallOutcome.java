package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.Prices.Tokens;
import java.time.Duration;
import java.util.Optional;

/**
 * How a call to Claude ended, retries included. There is nothing in it that was said.
 *
 * @param status HTTP's, of the last answer, or the one that belongs to the error; 200 also for a stream that ended in
 *     an error
 * @param error an error type of Anthropic's, or {@link #CANCELED}; empty for an answer that came to its end
 * @param requestId Claude's {@code request-id} of the last attempt
 * @param attempts how often it was sent; 0 where the circuit breaker was open
 * @param messageId of the message, as far as Claude has told
 * @param model the one that answered
 * @param tokens what the message used, as Claude last told; of a stream that was cut before Claude told its output,
 *     every delta counts as one token, which is less than it was. Empty where there is no message
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

    /** In place of an error type: somebody on our side called it off. */
    public static final String CANCELED = "canceled";

    /** This one, of a call that goes on with the answer of another: attempts, tokens and the time of both. */
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
