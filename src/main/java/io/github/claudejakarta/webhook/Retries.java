package io.github.claudejakarta.webhook;

import io.github.claudejakarta.runtime.Jitter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** Schedules the retries of a callback: first after seconds, then less and less often, for about a day. */
final class Retries {

    private static final List<Duration> PAUSES = List.of(
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2),
            Duration.ofMinutes(10),
            Duration.ofMinutes(30),
            Duration.ofHours(1),
            Duration.ofHours(2),
            Duration.ofHours(4),
            Duration.ofHours(6),
            Duration.ofHours(10));
    /** The longest pause that a receiver may request ({@code Retry-After}). Longer ones are shortened to this. */
    private static final Duration MAX_REQUESTED = Duration.ofHours(6);

    private final Jitter jitter;

    /** @param chance numbers from 0 to 1 */
    Retries(DoubleSupplier chance) {
        this.jitter = Jitter.longer(0.25, chance);
    }

    /**
     * Returns the pause before the next attempt.
     *
     * @param failures number of failed attempts, at least 1
     * @param requested pause that the receiver requested ({@code Retry-After})
     * @return empty if there is no further attempt
     */
    Optional<Duration> pause(int failures, Optional<Duration> requested) {
        if (failures > PAUSES.size()) {
            return Optional.empty();
        }
        Duration pause = jitter.vary(PAUSES.get(failures - 1));
        Duration least = requested
                .map(wait -> wait.compareTo(MAX_REQUESTED) <= 0 ? wait : MAX_REQUESTED)
                .orElse(Duration.ZERO);
        return Optional.of(pause.compareTo(least) < 0 ? least : pause);
    }
}
