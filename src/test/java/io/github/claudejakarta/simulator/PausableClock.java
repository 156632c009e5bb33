package io.github.claudejakarta.simulator;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;

/** The system's clock, which a test can stop, so that no batch changes its status. */
public final class PausableClock extends Clock {

    private volatile Optional<Instant> stoppedAt = Optional.empty();

    public void stop() {
        stoppedAt = Optional.of(Instant.now());
    }

    /** Continues at the current time. */
    public void start() {
        stoppedAt = Optional.empty();
    }

    @Override
    public Instant instant() {
        return stoppedAt.orElseGet(Instant::now);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
