package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.Usage;
import java.time.Duration;
import java.util.Optional;

/**
 * CDI event: a stream has ended. It is fired at most once for each stream, to observers with {@code @Observes} and with
 * {@code @ObservesAsync}. A server that dies fires nothing.
 *
 * <p>Observers with {@code @Observes} run on the thread that ran the stream, after its own client has received the
 * terminal event, or on the thread that canceled it. They should return quickly. Observers with {@code @ObservesAsync}
 * run on threads of the container and do not delay a stream. The events of several streams reach them in any order and
 * concurrently. A failure of an observer is logged.
 *
 * @param id the id of the stream, which can be watched until its retention expires
 * @param status never {@link StreamStatus#RUNNING}
 * @param usage the tokens, as far as Claude reported them; empty if the stream failed before {@code message_start}
 * @param elapsed the time from its creation to its end
 * @param model the model that answered, as Claude names it. If Claude did not answer, the requested model; empty if
 *     neither is known
 * @param error the error that ended a stream that failed or was canceled
 * @param caller the name of the caller that may see the stream; {@code local} for the application itself
 * @param correlation the application's own id of the request ({@code RequestOptions.withCorrelation})
 */
@PublicApi
public record StreamEnded(
        String id,
        StreamStatus status,
        Optional<Usage> usage,
        Duration elapsed,
        Optional<String> model,
        Optional<ClaudeException> error,
        String caller,
        Optional<String> correlation) {}
