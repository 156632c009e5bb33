package io.github.claudejakarta.runtime;

import java.time.Duration;

/**
 * The wait before work that failed is repeated: twice as long after each failure, up to a limit, and varied by chance.
 * Whether a {@code Retry-After} counts is up to the caller, because each protocol has its own rule.
 *
 * @param first the wait after the first failure
 * @param limit of the wait before chance has varied it
 */
public record Backoff(Duration first, Duration limit, Jitter jitter) {

    /**
     * Returns the next wait.
     *
     * @param failures so far; 0, for a failure of other work that this work continues, gives half the first wait
     */
    public Duration wait(int failures) {
        double doubled = first.toMillis() * Math.pow(2, failures - 1.0);
        return jitter.vary(Duration.ofMillis(Math.round(Math.min(doubled, limit.toMillis()))));
    }
}
