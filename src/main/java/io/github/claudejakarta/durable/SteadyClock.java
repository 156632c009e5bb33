package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.Clock;
import io.github.claudejakarta.runtime.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.logging.Logger;

/**
 * The clock that db-scheduler uses for heartbeats and waits: the wall clock, without its steps while tasks run.
 *
 * <p>If the wall clock is set forward, db-scheduler sees a missed heartbeat. It would then interrupt the tasks that run
 * here and take them over. If the clock is set back, db-scheduler would stop polling. Therefore this clock ignores
 * steps of the wall clock while a task runs, and follows the wall clock again when no task runs.
 *
 * <p>Safe for use by many threads.
 */
final class SteadyClock implements Clock {

    /**
     * A larger difference between the wall clock and the ticker is a step. NTP corrects smaller differences gradually.
     */
    private static final Duration TOLERANCE = Duration.ofSeconds(1);
    /** Both clocks count as read at the same moment if at most this much time passes between the two readings. */
    private static final long ONE_MOMENT = Duration.ofMillis(50).toNanos();

    private static final int ATTEMPTS = 3;
    private static final Logger LOG = Logger.getLogger(SteadyClock.class.getName());

    private final java.time.Clock wall;
    private final Ticker ticker;
    private final BooleanSupplier isIdle;
    private Instant begin;
    private long beginTicks;

    /** @param isIdle returns whether no task runs, so that the clock may follow a step */
    SteadyClock(java.time.Clock wall, Ticker ticker, BooleanSupplier isIdle) {
        this.wall = wall;
        this.ticker = ticker;
        this.isIdle = isIdle;
        beginTicks = ticker.getAsLong();
        begin = wall.instant();
    }

    @Override
    public synchronized Instant now() {
        long ticks;
        Instant now;
        int attempts = 0;
        do {
            ticks = ticker.getAsLong();
            now = wall.instant();
        } while (ticker.getAsLong() - ticks > ONE_MOMENT && ++attempts < ATTEMPTS);
        Instant steady = begin.plusNanos(ticks - beginTicks);
        Duration step = Duration.between(steady, now);
        if (step.abs().compareTo(TOLERANCE) > 0) {
            if (!isIdle.getAsBoolean()) {
                return steady;
            }
            LOG.info(() -> "The system clock was set by " + step.toMillis() + " ms");
        }
        begin = now;
        beginTicks = ticks;
        return now;
    }
}
