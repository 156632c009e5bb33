package io.github.claudejakarta.runtime;

import java.time.Duration;

/**
 * The wait before a retry. It doubles after each failure, up to a limit, and has random jitter. The caller decides
 * whether a {@code Retry-After} counts, because each protocol has its own rule.
 *
 * @param first the wait after the first failure
 * @param limit the longest wait, before jitter
 */
public record Backoff(Duration first, Duration limit, Jitter jitter) {

    /**
     * Returns the next wait.
     *
     * @param failures the failures so far. 0 returns half of the first wait; it is for a failure of other work that
     *     this work continues
     */
    public Duration wait(int failures) {
        double doubled = first.toMillis() * Math.pow(2, failures - 1.0);
        return jitter.vary(Duration.ofMillis(Math.round(Math.min(doubled, limit.toMillis()))));
    }
}
