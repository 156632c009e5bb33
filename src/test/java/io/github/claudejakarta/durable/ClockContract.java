package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of tasks while the clock of a server is set. */
interface ClockContract {

    QueueWorld world();

    /** The system's clock, which a test can set. */
    final class SetClock extends Clock {

        private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

        void set(Duration by) {
            ahead.updateAndGet(by::plus);
        }

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead.get());
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

    private TaskQueue queue(Clock clock, Duration heartbeat) {
        return new TaskQueue(world().database(), QueueWorld.TABLE, 2, heartbeat, 4, clock, Ticker.SYSTEM);
    }

    /** Heartbeats, and with them the leases of running tasks, do not depend on the wall clock. */
    @Slow("heartbeats in real time")
    @ParameterizedTest
    @ValueSource(longs = {-3_600, 3_600})
    default void aRunningTaskSurvivesASetClock(long seconds) throws Exception {
        var clock = new SetClock();
        TaskQueue queue = queue(clock, Duration.ofMillis(250));
        var runs = new AtomicInteger();
        var isLost = new AtomicReference<Boolean>();
        var isSet = new CountDownLatch(1);
        var hasEnded = new CountDownLatch(1);
        Task<Void> task = queue.add("test", (key, lease) -> {
            runs.incrementAndGet();
            QueueWorld.awaitQuietly(isSet);
            isLost.set(lease.isLost());
            QueueWorld.awaitQuietly(hasEnded);
            return Optional.of(clock.instant().plus(Duration.ofMinutes(10)).truncatedTo(ChronoUnit.MILLIS));
        });
        world().start(queue);
        world().schedule(queue, task, 1);
        QueueWorld.await(() -> runs.get() == 1);

        clock.set(Duration.ofSeconds(seconds));
        isSet.countDown();
        QueueWorld.await(() -> isLost.get() != null);
        // The next poll finds a task that is scheduled meanwhile, by the new time.
        world().database().transaction(connection -> {
            queue.schedule(connection, task, new TaskKey("thing", 2), clock.instant());
            return null;
        });
        QueueWorld.await(() -> runs.get() == 2);
        assertThat(isLost).hasValue(false);
        hasEnded.countDown();

        QueueWorld.await(
                () -> world().rows(QueueWorld.TABLE + " where picked = false and last_success is not null") == 2);
        assertThat(runs).as("each once").hasValue(2);
        assertThat(Duration.between(clock.instant(), world().executionTime()))
                .as("ten minutes from then")
                .isBetween(Duration.ofMinutes(10).minus(QueueWorld.LIMIT), Duration.ofMinutes(10));
    }

    /** By its clock all heartbeats are old, but they change. */
    @Slow("heartbeats in real time")
    @Test
    default void aServerWhoseClockIsAheadTakesOverNoRunningTask() throws Exception {
        var heartbeat = Duration.ofSeconds(2);
        TaskQueue running = queue(Clock.systemUTC(), heartbeat);
        var hasEnded = new CountDownLatch(1);
        var runs = new AtomicInteger();
        TaskQueue.Work work = (key, lease) -> {
            runs.incrementAndGet();
            QueueWorld.awaitQuietly(hasEnded);
            return Optional.empty();
        };
        Task<Void> task = running.add("test", work);
        running.start(QueueWorld::daemon, null);
        var clock = new SetClock();
        clock.set(Duration.ofHours(1));
        TaskQueue ahead = queue(clock, heartbeat);
        ahead.add("test", work);
        try {
            world().schedule(running, task, 1);
            QueueWorld.await(() -> runs.get() == 1);
            ahead.start(QueueWorld::daemon, null);

            // By its clock alone it would take over at its first check, which is at the second heartbeat.
            for (int i = 0; i < 4; i++) {
                Instant before = lastHeartbeat();
                QueueWorld.await(() -> runs.get() > 1 || !lastHeartbeat().equals(before));
            }

            assertThat(runs).hasValue(1);
        } finally {
            hasEnded.countDown();
            running.stop();
            ahead.stop();
        }
    }

    private Instant lastHeartbeat() {
        return world().database()
                .use(connection -> Sql.one(
                        connection,
                        "select last_heartbeat from " + QueueWorld.TABLE,
                        row -> Sql.instant(row, "last_heartbeat").orElse(Instant.EPOCH)))
                .orElse(Instant.EPOCH);
    }

    /**
     * A dead server whose clock was ahead, or was set back before this server started. Its heartbeat would look young
     * for an hour.
     */
    @Slow("heartbeats in real time")
    @ParameterizedTest
    @ValueSource(longs = {-3_600, 3_600})
    default void tasksOfADeadServerAreTakenOverForAnyTimeOfItsClock(long seconds) throws Exception {
        TaskQueue queue = world().queue(1);
        var runs = new AtomicInteger();
        Task<Void> task = queue.add("test", (key, lease) -> {
            runs.incrementAndGet();
            return Optional.empty();
        });
        world().schedule(queue, task, 1);
        world().database()
                .use(connection -> Sql.update(
                        connection,
                        "update " + QueueWorld.TABLE + " set picked = ?, picked_by = 'dead', last_heartbeat = ?,"
                                + " version = version + 1",
                        true,
                        Instant.now().plusSeconds(seconds)));

        world().start(queue);

        QueueWorld.await(() -> runs.get() == 1 && world().rows(QueueWorld.TABLE) == 0);
    }
}
