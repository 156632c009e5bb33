package io.github.claudejakarta.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class WatchdogTest {

    private final AtomicLong now = new AtomicLong(5);
    private final Watchdog watchdog = new Watchdog(now::get);
    private final List<Long> reported = new ArrayList<>();

    @Test
    void passesTheTimeAtEachTick() {
        watchdog.watch(reported::add);

        watchdog.tick();
        now.set(9);
        watchdog.tick();

        assertThat(reported).containsExactly(5L, 9L);
    }

    @Test
    void aRemovedObjectIsNotChecked() {
        Watchdog.Watched one = reported::add;
        watchdog.watch(one);
        watchdog.forget(one);

        watchdog.tick();

        assertThat(reported).isEmpty();
    }

    @Test
    void aFailingCheckDoesNotPreventOthers() {
        watchdog.watch(time -> {
            throw new IllegalStateException("meant to fail");
        });
        watchdog.watch(reported::add);
        watchdog.watch(time -> {
            throw new IllegalStateException("meant to fail");
        });

        watchdog.tick();

        assertThat(reported).containsExactly(5L);
    }

    @Test
    void anErrorPreventsNeitherOtherChecksNorTheNextTick() {
        watchdog.watch(time -> {
            throw new OutOfMemoryError("meant to fail");
        });
        watchdog.watch(reported::add);

        watchdog.tick();
        watchdog.tick();

        assertThat(reported).containsExactly(5L, 5L);
    }

    @Test
    void aThreadThatHasEndedIsStartedAgain() throws Exception {
        var started = new ArrayList<Thread>();
        var ticks = new CountDownLatch(1);
        try (var running = Watchdog.start(work -> {
            started.add(new Thread(started.isEmpty() ? () -> {} : work));
            return started.get(started.size() - 1);
        })) {
            running.watch(time -> ticks.countDown());
            started.get(0).join();

            running.keepRunning();

            assertThat(ticks.await(10, TimeUnit.SECONDS)).isTrue();
            running.keepRunning();
            assertThat(started).as("a running thread is not replaced").hasSize(2);
        }
    }

    @Test
    void aWatchdogThatIsClosedIsNotStartedAgain() throws Exception {
        var started = new ArrayList<Thread>();
        var closed = Watchdog.start(work -> {
            started.add(new Thread(work));
            return started.get(started.size() - 1);
        });
        closed.close();
        started.get(0).join();

        closed.keepRunning();

        assertThat(started).hasSize(1);
    }

    @Test
    void ticksUntilItIsClosed() throws Exception {
        var ticks = new CountDownLatch(2);
        var thread = new Thread[1];
        try (var running = Watchdog.start(work -> thread[0] = new Thread(work))) {
            running.watch(time -> ticks.countDown());
            assertThat(ticks.await(10, TimeUnit.SECONDS)).isTrue();
        }

        thread[0].join(10_000);
        assertThat(thread[0].isAlive()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0,1000000000,false", "0,1000000001,true", "9223372036854775807,-9223372036854775000,false"})
    void expiresAfterTheAllowedTime(long since, long now, boolean expected) {
        assertThat(Watchdog.isExceeded(since, now, Duration.ofSeconds(1))).isEqualTo(expected);
    }
}
