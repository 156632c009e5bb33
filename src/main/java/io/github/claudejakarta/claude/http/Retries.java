package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.Backoff;
import io.github.claudejakarta.runtime.Jitter;
import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * The wait before a retry: the {@code Retry-After} of the answer, or exponential back-off.
 *
 * <p>The values are those of Anthropic's own SDKs: 0.5 s, doubled up to 8 s, reduced at random by up to 25 %. A
 * {@code Retry-After} of more than 60 s is ignored, because a client is waiting for the answer.
 */
final class Retries {

    private static final Duration MAX_RETRY_AFTER = Duration.ofSeconds(60);

    private final Backoff backoff;

    /** @param chance returns random numbers from 0 to 1 */
    Retries(DoubleSupplier chance) {
        this.backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(8), Jitter.shorter(0.25, chance));
    }

    /**
     * @param attempts the number of attempts so far; 0 if the failure is that of another call, which this one continues
     */
    Duration wait(ClaudeException failure, int attempts) {
        return failure.retryAfter()
                .filter(requested -> requested.compareTo(MAX_RETRY_AFTER) <= 0)
                .orElseGet(() -> backoff.wait(attempts));
    }
}
