package io.github.claudejakarta.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;

/** A simulator whose batches run by a clock of the test's. */
public final class TimedSimulator {

    private TimedSimulator() {}

    public static Simulator start(Clock clock) {
        try {
            return Simulator.start(Thread::new, 0, Limits.DEFAULT, clock);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
