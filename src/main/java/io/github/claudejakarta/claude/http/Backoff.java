package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * How long to wait before an attempt is repeated: what the answer said, or else twice as long each time.
 *
 * <p>The numbers are those of Anthropic's own SDKs: half a second, doubled up to eight, less up to a quarter by chance.
 * A {@code Retry-After} of more than a minute is not obeyed, because somebody is waiting for the answer.
 */
final class Backoff {

    private static final Duration LONGEST_OBEYED = Duration.ofSeconds(60);
    private static final double FIRST_SECONDS = 0.5;
    private static final double LONGEST_SECONDS = 8;
    private static final double JITTER = 0.25;

    private final DoubleSupplier chance;

    /** @param chance numbers from 0 to 1 */
    Backoff(DoubleSupplier chance) {
        this.chance = chance;
    }

    /** @param attempts how many there were; none where what failed was another call that this one goes on with */
    Duration wait(ClaudeException failure, int attempts) {
        return failure.retryAfter()
                .filter(asked -> asked.compareTo(LONGEST_OBEYED) <= 0)
                .orElseGet(() -> exponential(attempts));
    }

    private Duration exponential(int attempts) {
        double seconds = Math.min(FIRST_SECONDS * Math.pow(2, attempts - 1.0), LONGEST_SECONDS);
        return Duration.ofMillis(Math.round(1000 * seconds * (1 - JITTER * chance.getAsDouble())));
    }
}
