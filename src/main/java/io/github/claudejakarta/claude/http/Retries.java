package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.Backoff;
import io.github.claudejakarta.runtime.Jitter;
import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * The wait before an attempt is repeated: the {@code Retry-After} of the answer, or else twice as long each time.
 *
 * <p>The numbers are those of Anthropic's own SDKs: half a second, doubled up to eight, less up to a quarter by chance.
 * A {@code Retry-After} of more than a minute is ignored, because a client is waiting for the answer.
 */
final class Retries {

    private static final Duration LONGEST_OBEYED = Duration.ofSeconds(60);

    private final Backoff backoff;

    /** @param chance numbers from 0 to 1 */
    Retries(DoubleSupplier chance) {
        this.backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(8), Jitter.shorter(0.25, chance));
    }

    /** @param attempts so far; 0 if the failure is that of another call, which this one continues */
    Duration wait(ClaudeException failure, int attempts) {
        return failure.retryAfter()
                .filter(asked -> asked.compareTo(LONGEST_OBEYED) <= 0)
                .orElseGet(() -> backoff.wait(attempts));
    }
}
