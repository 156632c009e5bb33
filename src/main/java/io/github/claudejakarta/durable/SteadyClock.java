package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.Clock;
import io.github.claudejakarta.runtime.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.logging.Logger;

/**
 * The clock by which db-scheduler writes and compares heartbeats, and waits: the wall clock, without its steps while
 * tasks run.
 *
 * <p>To db-scheduler a wall clock that is set forward is a heartbeat that was missed: it would cut the tasks that run
 * here, and take them over. One that is set back would stop its polls. So as long as a task runs this clock continues
 * as if the wall clock had not been set. Once no task runs it follows.
 *
 * <p>Safe for use by many threads.
 */
final class SteadyClock implements Clock {

    /** A larger difference between the wall clock and the ticker is a step. NTP moves a clock by less without one. */
    private static final Duration TOLERANCE = Duration.ofSeconds(1);
    /** Both clocks count as read at one moment if at most this much time passes between. */
    private static final long ONE_MOMENT = Duration.ofMillis(50).toNanos();

    private static final int ATTEMPTS = 3;
    private static final Logger LOG = Logger.getLogger(SteadyClock.class.getName());

    private final java.time.Clock wall;
    private final Ticker ticker;
    private final BooleanSupplier isIdle;
    private Instant begin;
    private long beginTicks;

    /** @param isIdle whether no task runs, so that the clock may be set */
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
