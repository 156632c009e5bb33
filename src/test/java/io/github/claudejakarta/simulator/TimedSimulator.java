package io.github.claudejakarta.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;

/** Starts simulators whose batches use the clock of a test. */
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
