package io.github.claudejakarta.runtime;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Varies waits randomly, so that tasks that failed or began together do not return together.
 *
 * @param share the largest share of a wait that is added; a negative share shortens the wait
 * @param chance random numbers from 0 to 1
 */
public record Jitter(double share, DoubleSupplier chance) {

    /** No jitter: waits stay unchanged. */
    public static final Jitter NONE = new Jitter(0, () -> 0);

    /** Returns jitter that shortens waits by up to this share. */
    public static Jitter shorter(double share, DoubleSupplier chance) {
        return new Jitter(-share, chance);
    }

    /** Returns jitter that lengthens waits by up to this share. */
    public static Jitter longer(double share, DoubleSupplier chance) {
        return new Jitter(share, chance);
    }

    /** Returns the wait with jitter. */
    public Duration vary(Duration wait) {
        return Duration.ofMillis(Math.round(wait.toMillis() * (1 + share * chance.getAsDouble())));
    }
}
