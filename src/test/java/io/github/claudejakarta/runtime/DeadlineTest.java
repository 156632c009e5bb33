package io.github.claudejakarta.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DeadlineTest {

    private final AtomicLong now = new AtomicLong(5);
    private final Watchdog watchdog = new Watchdog(now::get);
    private final AtomicInteger expired = new AtomicInteger();
    private final Deadline deadline = new Deadline(watchdog, Duration.ofSeconds(2));

    private void after(Duration time) {
        now.addAndGet(time.toNanos());
        watchdog.tick();
    }

    @Test
    void runsTheActionOnceWhenTheLimitHasPassed() {
        now.addAndGet(Duration.ofHours(1).toNanos());
        deadline.start(expired::incrementAndGet);

        after(Duration.ofSeconds(2));
        assertThat(expired).hasValue(0);
        after(Duration.ofMillis(1));
        after(Duration.ofSeconds(5));

        assertThat(expired).hasValue(1);
        assertThat(watchdog.count()).isZero();
    }

    @Test
    void aClosedDeadlineRunsNothing() {
        deadline.start(expired::incrementAndGet);
        deadline.close();

        assertThat(watchdog.count()).isZero();
        after(Duration.ofSeconds(5));
        assertThat(expired).hasValue(0);
    }

    @Test
    void mayBeClosedBeforeItIsStarted() {
        deadline.close();
        deadline.start(expired::incrementAndGet);

        assertThat(watchdog.count()).isZero();
    }

    @Test
    void writesItsLimitInSeconds() {
        assertThat(Deadline.seconds(Duration.ofSeconds(30))).isEqualTo("30 s");
        assertThat(Deadline.seconds(Duration.ofMillis(1500))).isEqualTo("1.5 s");
        assertThat(Deadline.seconds(Duration.ofMinutes(10))).isEqualTo("600 s");
    }
}
