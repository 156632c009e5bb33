package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.simulator.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SteadyClockTest {

    private final SettableClock wall = new SettableClock();
    private final AtomicLong ticks = new AtomicLong(Long.MAX_VALUE - 1_000);
    private final AtomicBoolean isIdle = new AtomicBoolean();
    private final SteadyClock clock = new SteadyClock(wall, ticks::get, isIdle::get);
    private final Instant begin = wall.instant();

    private void pass(Duration time) {
        wall.advance(time);
        ticks.addAndGet(time.toNanos());
    }

    @Test
    void showsTheWallClock() {
        pass(Duration.ofHours(5));

        assertThat(clock.now()).isEqualTo(begin.plus(Duration.ofHours(5)));
    }

    @ParameterizedTest
    @ValueSource(longs = {-86_400 * 400, -3_600, -2, 2, 3_600, 86_400 * 400})
    void ignoresStepsOfTheWallClockWhileTasksRun(long seconds) {
        wall.advance(Duration.ofSeconds(seconds));
        assertThat(clock.now()).isEqualTo(begin);

        pass(Duration.ofSeconds(10));

        assertThat(clock.now()).isEqualTo(begin.plusSeconds(10));
    }

    @ParameterizedTest
    @ValueSource(longs = {-86_400 * 400, -2, 2, 86_400 * 400})
    void followsTheWallClockOnceNoTaskRuns(long seconds) {
        wall.advance(Duration.ofSeconds(seconds));
        clock.now();

        isIdle.set(true);
        assertThat(clock.now()).isEqualTo(wall.instant());

        isIdle.set(false);
        pass(Duration.ofSeconds(10));
        assertThat(clock.now()).as("the clock keeps the new time").isEqualTo(wall.instant());
    }

    /** Like NTP, which makes a clock faster or slower, by any total amount. */
    @ParameterizedTest
    @ValueSource(longs = {-900, 900})
    void followsGradualChangesOfTheWallClock(long millis) {
        for (int i = 0; i < 100; i++) {
            ticks.addAndGet(Duration.ofSeconds(10).toNanos());
            wall.advance(Duration.ofSeconds(10).plusMillis(millis));
            assertThat(clock.now()).isEqualTo(wall.instant());
        }
    }

    /** The thread was paused between the readings of the two clocks: the wall clock was not set. */
    @Test
    void aPauseBetweenBothReadingsIsNoStep() {
        var readings = new AtomicLong();
        var late = new SettableClock();
        var paused = new SteadyClock(
                late,
                () -> {
                    long now = ticks.get();
                    if (readings.incrementAndGet() == 2) {
                        ticks.addAndGet(Duration.ofSeconds(5).toNanos());
                        late.advance(Duration.ofSeconds(5));
                    }
                    return now;
                },
                () -> false);

        assertThat(paused.now()).isEqualTo(late.instant());
        pass(Duration.ofSeconds(1));
        late.advance(Duration.ofSeconds(1));
        assertThat(paused.now()).isEqualTo(late.instant());
    }
}
