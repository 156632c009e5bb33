package io.github.claudejakarta.runtime;

import java.util.function.LongSupplier;

/**
 * A monotonic clock in nanoseconds. Limits, leases and time-outs use a ticker, because the wall clock
 * ({@link java.time.Clock}) can be set forward or back. Only the difference between two values has a meaning.
 *
 * <p>Safe for use by many threads.
 */
@FunctionalInterface
public interface Ticker extends LongSupplier {

    /** The ticker of the JVM: {@link System#nanoTime()}. */
    Ticker SYSTEM = System::nanoTime;
}
