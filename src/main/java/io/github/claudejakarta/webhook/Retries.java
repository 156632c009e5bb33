package io.github.claudejakarta.webhook;

import io.github.claudejakarta.runtime.Jitter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** When a callback that failed is sent again: soon at first, and then less and less often, for a day in all. */
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
    /** A receiver may ask for more time, and not for for ever. */
    private static final Duration LONGEST_OBEYED = Duration.ofHours(6);

    private final Jitter jitter;

    /** @param chance numbers from 0 to 1 */
    Retries(DoubleSupplier chance) {
        this.jitter = Jitter.longer(0.25, chance);
    }

    /**
     * @param failures how many there were, at least 1
     * @param asked what the receiver asked for ({@code Retry-After})
     * @return empty where it is to be given up
     */
    Optional<Duration> pause(int failures, Optional<Duration> asked) {
        if (failures > PAUSES.size()) {
            return Optional.empty();
        }
        Duration pause = jitter.vary(PAUSES.get(failures - 1));
        Duration least = asked.map(wait -> wait.compareTo(LONGEST_OBEYED) <= 0 ? wait : LONGEST_OBEYED)
                .orElse(Duration.ZERO);
        return Optional.of(pause.compareTo(least) < 0 ? least : pause);
    }
}
