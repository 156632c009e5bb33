package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UnchangedTimerTest {

    private final AtomicLong ticks = new AtomicLong(Long.MAX_VALUE - 5);
    private final UnchangedTimer timer = new UnchangedTimer(ticks::get);

    private void pass(long seconds) {
        ticks.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    @Test
    void timeBeginsWithTheFirstReading() {
        assertThat(timer.unchangedFor("a", 1)).isZero();
        pass(5);
        assertThat(timer.unchangedFor("a", 1)).isEqualTo(Duration.ofSeconds(5));
        pass(5);
        assertThat(timer.unchangedFor("a", 1)).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void anotherValueRestartsTheTime() {
        timer.unchangedFor("a", 1);
        pass(5);
        assertThat(timer.unchangedFor("a", 2)).isZero();
        pass(1);
        assertThat(timer.unchangedFor("a", 2)).isEqualTo(Duration.ofSeconds(1));
        assertThat(timer.unchangedFor("a", 1))
                .as("an earlier value restarts the time too")
                .isZero();
    }

    @Test
    void subjectsAreIndependent() {
        timer.unchangedFor("a", 1);
        pass(5);

        assertThat(timer.unchangedFor("b", 1)).isZero();
        assertThat(timer.unchangedFor("a", 1)).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void keepsTheLatestValuesUpToALimit() {
        timer.unchangedFor("old", 1);
        for (int i = 0; i < 10_000; i++) {
            timer.unchangedFor(i, 1);
        }
        pass(5);

        assertThat(timer.unchangedFor("old", 1)).isZero();
        assertThat(timer.unchangedFor(9_999, 1)).isEqualTo(Duration.ofSeconds(5));
    }
}
