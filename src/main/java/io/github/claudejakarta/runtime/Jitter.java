package io.github.claudejakarta.runtime;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Varies waits by chance, so that tasks that failed or began together do not return together.
 *
 * @param share of a wait that chance adds at most; a negative share shortens the wait
 * @param chance numbers from 0 to 1
 */
public record Jitter(double share, DoubleSupplier chance) {

    /** Leaves every wait as it is. */
    public static final Jitter NONE = new Jitter(0, () -> 0);

    /** Shortens waits by up to this share. */
    public static Jitter shorter(double share, DoubleSupplier chance) {
        return new Jitter(-share, chance);
    }

    /** Lengthens waits by up to this share. */
    public static Jitter longer(double share, DoubleSupplier chance) {
        return new Jitter(share, chance);
    }

    /** Returns a wait that chance has varied. */
    public Duration vary(Duration wait) {
        return Duration.ofMillis(Math.round(wait.toMillis() * (1 + share * chance.getAsDouble())));
    }
}
