package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.lane.Slow;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Tests of a task: when, on which server, and how often it runs. */
interface TaskContract {

    QueueWorld world();

    @Test
    default void aTaskIsRunOnceWithItsKey() throws Exception {
        TaskQueue queue = world().queue(2);
        var keys = new CopyOnWriteArrayList<TaskKey>();
        Task<Void> task = queue.add("test", (key, lease) -> {
            keys.add(key);
            return Optional.empty();
        });
        world().start(queue);

        world().schedule(queue, task, 7);

        QueueWorld.await(() -> keys.size() == 1 && world().rows(QueueWorld.TABLE) == 0);
        assertThat(keys).containsExactly(new TaskKey("thing", 7));
    }

    @Test
    default void aTaskRunsAgainAtTheTimeThatItReturns() throws Exception {
        TaskQueue queue = world().queue(2);
        Instant then = Instant.now().plusSeconds(3_600).truncatedTo(ChronoUnit.MILLIS);
        Task<Void> task = queue.add("test", (key, lease) -> Optional.of(then));
        world().start(queue);

        world().schedule(queue, task, 1);

        QueueWorld.await(
                () -> world().rows(QueueWorld.TABLE + " where last_success is not null and picked = false") == 1);
        assertThat(world().executionTime()).isEqualTo(then);
    }

    @Test
    default void aFailedTaskRunsAgainAfterHalfAMinute() throws Exception {
        TaskQueue queue = world().queue(2);
        Task<Void> task = queue.add("test", (key, lease) -> {
            throw new IllegalStateException("no");
        });
        Instant before = Instant.now();
        world().start(queue);

        world().schedule(queue, task, 1);

        QueueWorld.await(
                () -> world().rows(QueueWorld.TABLE + " where consecutive_failures = 1 and picked = false") == 1);
        assertThat(Duration.between(before, world().executionTime()))
                .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(30).plus(QueueWorld.LIMIT));
    }

    @Test
    default void aTaskIsScheduledOnlyIfItsTransactionIsCommitted() {
        TaskQueue queue = world().queue(1);
        Task<Void> task = queue.add("test", (key, lease) -> Optional.empty());

        assertThatThrownBy(() -> world().database().transaction(connection -> {
                    queue.schedule(connection, task, new TaskKey("thing", 1), Instant.now());
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(world().rows(QueueWorld.TABLE)).isZero();

        world().schedule(queue, task, 1);
        assertThat(world().rows(QueueWorld.TABLE)).isEqualTo(1);
    }

    @Test
    default void anExistingTaskIsNotChanged() {
        TaskQueue queue = world().queue(1);
        Task<Void> task = queue.add("test", (key, lease) -> Optional.empty());
        Instant first = Instant.parse("2026-11-21T09:30:00Z");
        world().schedule(queue, task, first, 1);

        world().schedule(queue, task, first.plusSeconds(60), 1);

        assertThat(world().rows(QueueWorld.TABLE)).isEqualTo(1);
        assertThat(world().executionTime()).isEqualTo(first);
    }

    @Test
    default void aRejectionByTheDatabaseIsAnSqlException() {
        var queue = new TaskQueue(world().database(), "no_such_table", 1);
        Task<Void> task = queue.add("test", (key, lease) -> Optional.empty());
        var failure = new AtomicReference<Exception>();

        world().database().transaction(connection -> {
            try {
                queue.schedule(connection, task, new TaskKey("thing", 1), Instant.now());
            } catch (SQLException e) {
                failure.set(e);
            }
            return null;
        });

        assertThat(failure.get()).isInstanceOf(SQLException.class);
    }

    @Test
    default void aTaskOfAnUnknownKindIsIgnored() throws Exception {
        TaskQueue newer = world().queue(1);
        world().schedule(newer, newer.add("of-a-later-version", (key, lease) -> Optional.empty()), 1);
        TaskQueue queue = world().queue(1);
        var done = new AtomicInteger();
        Task<Void> task = queue.add("test", (key, lease) -> {
            done.incrementAndGet();
            return Optional.empty();
        });
        world().start(queue);

        world().schedule(queue, task, 1, 2, 3);

        QueueWorld.await(() -> done.get() == 3);
        assertThat(world().rows(QueueWorld.TABLE + " where task_name = 'tests/of-a-later-version' and picked = false"))
                .isEqualTo(1);
    }

    @Test
    default void aTaskCanBeRunNow() throws Exception {
        TaskQueue queue = world().queue(1);
        var done = new CopyOnWriteArrayList<Integer>();
        Task<Void> task = queue.add("test", (key, lease) -> {
            done.add(key.number());
            return Optional.empty();
        });
        world().start(queue);
        world().schedule(queue, task, 0);
        QueueWorld.await(() -> done.size() == 1);
        world().schedule(queue, task, Instant.now().plusSeconds(3_600), 1);

        queue.runNow(task, new TaskKey("thing", 1), Instant.now());

        QueueWorld.await(() -> done.size() == 2);
        assertThatCode(() -> queue.runNow(task, new TaskKey("thing", 2), Instant.now()))
                .doesNotThrowAnyException();
    }

    @Test
    default void theFirstTaskMayRunAnotherNow() throws Exception {
        TaskQueue queue = world().queue(1);
        var done = new CopyOnWriteArrayList<Integer>();
        var self = new AtomicReference<Task<Void>>();
        var hasHurried = new CountDownLatch(1);
        self.set(queue.add("test", (key, lease) -> {
            queue.runNow(self.get(), new TaskKey("thing", 1), Instant.now());
            done.add(key.number());
            hasHurried.countDown();
            return Optional.empty();
        }));
        world().schedule(queue, self.get(), 0);
        world().schedule(queue, self.get(), Instant.now().plusSeconds(3_600), 1);
        Thread starting = Thread.currentThread();
        var made = new AtomicInteger();

        // The start is slow: it creates no thread after the first until the task has run.
        queue.start(
                work -> {
                    if (Thread.currentThread() == starting && made.incrementAndGet() > 1) {
                        QueueWorld.awaitQuietly(hasHurried);
                    }
                    return QueueWorld.daemon(work);
                },
                Duration.ofMillis(250));

        QueueWorld.await(() -> done.size() == 2);
        assertThat(done).containsExactly(0, 1);
        queue.stop();
    }

    @Slow("heartbeats in real time")
    @Test
    default void aTaskWithoutAHeartbeatIsTakenOver() throws Exception {
        var wire = new CuttableSource(world().source());
        Database own = Impatient.opened(wire.source());
        var cutOff = new TaskQueue(own, QueueWorld.TABLE, 1);
        var states = new CopyOnWriteArrayList<Boolean>();
        var isMended = new CountDownLatch(1);
        var isLeft = new CountDownLatch(1);
        Task<Void> task = cutOff.add("test", (key, lease) -> {
            states.add(lease.isLost());
            wire.cut();
            QueueWorld.awaitQuietly(lease::isLost);
            states.add(lease.isLost());
            QueueWorld.awaitQuietly(isMended);
            isLeft.countDown();
            return Optional.empty();
        });
        world().start(own, cutOff);
        world().schedule(cutOff, task, 1);
        QueueWorld.await(() -> states.size() == 1);
        TaskQueue next = world().queue(1);
        var inherited = new CopyOnWriteArrayList<TaskKey>();
        next.add("test", (key, lease) -> {
            inherited.add(key);
            QueueWorld.awaitQuietly(isLeft);
            return Optional.of(Instant.now().plusSeconds(3_600));
        });
        world().start(next);

        QueueWorld.await(() -> inherited.size() == 1);
        wire.mend();
        isMended.countDown();

        QueueWorld.await(() -> world().rows(QueueWorld.TABLE + " where picked = false") == 1);
        assertThat(states).containsExactly(false, true);
        assertThat(inherited).containsExactly(new TaskKey("thing", 1));
    }

    @Slow("heartbeats in real time")
    @Test
    default void anAbandonedTaskRunsAgainAlthoughNoServerTookItOver() throws Exception {
        var wire = new CuttableSource(world().source());
        Database own = Impatient.opened(wire.source());
        var queue = new TaskQueue(own, QueueWorld.TABLE, 1);
        var runs = new AtomicInteger();
        Task<Void> task = queue.add("test", (key, lease) -> {
            if (runs.incrementAndGet() == 1) {
                wire.cut();
                QueueWorld.awaitQuietly(lease::isLost);
                wire.mend();
            }
            return Optional.empty();
        });
        world().start(own, queue);

        world().schedule(queue, task, 1);

        QueueWorld.await(() -> runs.get() == 2 && world().rows(QueueWorld.TABLE) == 0);
    }

    @Test
    default void aRunningTaskSeesThatItsServerStops() throws Exception {
        TaskQueue queue = world().queue(1);
        var states = new CopyOnWriteArrayList<Boolean>();
        Task<Void> task = queue.add("test", (key, lease) -> {
            states.add(lease.isStopping());
            QueueWorld.awaitQuietly(lease::isStopping);
            states.add(lease.isStopping());
            return Optional.of(Instant.now());
        });
        DurableTasks tasks = world().start(queue);
        world().schedule(queue, task, 1);
        QueueWorld.await(() -> states.size() == 1);

        tasks.close();

        assertThat(states).containsExactly(false, true);
        assertThat(world().rows(QueueWorld.TABLE + " where picked = false")).isEqualTo(1);
    }
}
