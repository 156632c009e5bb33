package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.lane.Slow;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests of the number of tasks that a queue picks, of delays, and of several queues and servers. */
interface QueueContract {

    QueueWorld world();

    @Test
    default void aFullQueuePicksNoMoreTasks() throws Exception {
        TaskQueue queue = world().queue(2);
        var places = new Semaphore(0);
        var picked = new CopyOnWriteArrayList<Long>();
        var started = new AtomicInteger();
        Task<Void> task = queue.add("test", (key, lease) -> {
            started.incrementAndGet();
            picked.add(world().rows(QueueWorld.TABLE + " where picked = true"));
            QueueWorld.take(places);
            return Optional.empty();
        });
        world().schedule(queue, task, 1, 2, 3, 4, 5, 6);
        world().start(queue);
        QueueWorld.await(() -> started.get() == 2);
        queue.checkDue();

        for (int done = 1; done <= 4; done++) {
            places.release();
            int next = 2 + done;
            QueueWorld.await(() -> started.get() == next);
        }
        places.release(2);

        QueueWorld.await(() -> world().rows(QueueWorld.TABLE) == 0);
        assertThat(picked).hasSize(6).allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(2));
    }

    @Test
    default void aFreeThreadPicksTheNextTaskImmediately() throws Exception {
        TaskQueue queue = world().queue(1);
        var started = new AtomicInteger();
        Task<Void> task = queue.add("test", (key, lease) -> {
            started.incrementAndGet();
            return Optional.empty();
        });
        world().schedule(queue, task, IntStream.range(0, 25).toArray());
        long begin = System.nanoTime();
        world().start(queue);

        QueueWorld.await(() -> started.get() == 25);

        // With polls alone it would be one per second.
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
    }

    @Test
    default void aCheckForDueTasksStartsThemImmediately() throws Exception {
        TaskQueue queue = world().queue(2);
        var started = new AtomicInteger();
        Task<Void> task = queue.add("test", (key, lease) -> {
            started.incrementAndGet();
            return Optional.empty();
        });
        world().start(queue);
        world().schedule(queue, task, 0);
        QueueWorld.await(() -> started.get() == 1);
        long begin = System.nanoTime();

        for (int i = 1; i <= 20; i++) {
            int number = i;
            world().schedule(queue, task, number);
            QueueWorld.await(() -> started.get() == number + 1);
        }

        // With polls alone it would be one per second.
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(12));
    }

    @Test
    default void applicationsThatShareATableRunTheirOwnTasks() throws Exception {
        Database others = Impatient.opened(world().source(), "others");
        var theirs = new TaskQueue(others, QueueWorld.TABLE, 2);
        TaskQueue ours = world().queue(2);
        var done = new CopyOnWriteArrayList<String>();
        Task<Void> theirTask = theirs.add("test", (key, lease) -> {
            done.add("theirs " + key.number());
            return Optional.empty();
        });
        Task<Void> ourTask = ours.add("test", (key, lease) -> {
            done.add("ours " + key.number());
            return Optional.empty();
        });
        world().schedule(ours, ourTask, 1, 2, 3);
        world().schedule(theirs, theirTask, 1, 2);
        // Another application's dead server, and one whose clock is ahead.
        world().sql(
                        "update " + QueueWorld.TABLE + " set picked = true, picked_by = 'x', last_heartbeat = ?"
                                + " where task_name = 'tests/test' and task_instance = 'thing/2'",
                        Instant.now().minusSeconds(600));
        world().sql(
                        "update " + QueueWorld.TABLE + " set picked = true, picked_by = 'x', last_heartbeat = ?"
                                + " where task_name = 'tests/test' and task_instance = 'thing/3'",
                        Instant.now().plusSeconds(600));
        assertThat(theirs.backlog().tasks()).isEqualTo(2);
        assertThat(ours.backlog().tasks()).isEqualTo(1);

        world().start(others, theirs);
        QueueWorld.await(() -> done.size() == 2);
        world().schedule(theirs, theirTask, 4);
        QueueWorld.await(() -> done.size() == 3);

        assertThat(done).containsExactlyInAnyOrder("theirs 1", "theirs 2", "theirs 4");
        // A queue deletes a task after its method has returned.
        QueueWorld.await(() -> world().rows(QueueWorld.TABLE) == 3);
        assertThat(world().rows(QueueWorld.TABLE + " where picked = true")).isEqualTo(2);
        assertThat(world().rows(QueueWorld.TABLE + " where application = 'tests'"))
                .isEqualTo(3);

        world().start(ours);
        QueueWorld.await(() -> done.size() >= 6);
        assertThat(done).contains("ours 1", "ours 2", "ours 3");
    }

    /** As during an upgrade of one server after the other. */
    @Test
    default void tasksOfAnOlderVersionAreAdopted() throws Exception {
        TaskQueue queue = world().queue(2);
        var done = new CopyOnWriteArrayList<Integer>();
        Task<Void> task = queue.add("test", (key, lease) -> {
            done.add(key.number());
            return Optional.empty();
        });
        queue.addRecurring("again", Duration.ofHours(1), () -> done.add(0));
        world().schedule(queue, task, 1, 2, 3, 4);
        world().sql("update " + QueueWorld.TABLE + " set task_name = 'test'");
        world().sql(
                        "update " + QueueWorld.TABLE + " set picked = true, picked_by = 'x', last_heartbeat = ?"
                                + " where task_instance = 'thing/2'",
                        Instant.now());
        world().sql(
                        "update " + QueueWorld.TABLE + " set picked = true, picked_by = 'x', last_heartbeat = ?"
                                + " where task_instance = 'thing/3'",
                        Instant.now().minusSeconds(90));
        world().schedule(queue, task, 4);
        world().sql(
                        "insert into " + QueueWorld.TABLE
                                + " (task_name, task_instance, execution_time, picked, version)"
                                + " values ('again', 'recurring', ?, false, 1)",
                        Instant.now());
        String hasNone = "(select 'thing' as id, 2 as number) x where " + queue.hasNoTask(task, "x.id", "x.number");
        assertThat(world().rows(hasNone)).as("a task with either name counts").isZero();

        world().start(queue);

        QueueWorld.await(() -> done.containsAll(List.of(0, 1, 3, 4)));
        assertThat(done).doesNotContain(2);
        assertThat(world().rows(QueueWorld.TABLE + " where task_name = 'test' and task_instance = 'thing/2'"))
                .as("the older server still runs it")
                .isEqualTo(1);
        assertThat(world().rows(QueueWorld.TABLE + " where task_name = 'again'"))
                .isZero();
    }

    /** The rows of such tasks belong to the application that upgraded the database. */
    @Test
    default void tasksOfAnOlderVersionAreAdoptedByNoOtherApplication() throws Exception {
        Database others = Impatient.opened(world().source(), "others");
        var theirs = new TaskQueue(others, QueueWorld.TABLE, 2);
        var isStarted = new CountDownLatch(1);
        Task<Void> task = theirs.add("test", (key, lease) -> {
            isStarted.countDown();
            return Optional.empty();
        });
        theirs.addRecurring("again", Duration.ofHours(1), () -> {});
        world().schedule(theirs, task, 1);
        world().sql("update " + QueueWorld.TABLE + " set task_name = 'test'");
        world().sql(
                        "insert into " + QueueWorld.TABLE
                                + " (task_name, task_instance, execution_time, picked, version)"
                                + " values ('again', 'recurring', ?, false, 1)",
                        Instant.now());

        world().schedule(theirs, task, 2);

        world().start(others, theirs);

        assertThat(isStarted.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(world().rows(QueueWorld.TABLE + " where task_name in ('test', 'again')"))
                .isEqualTo(2);
    }

    @Test
    default void aBusyQueueDelaysNoOtherQueue() throws Exception {
        TaskQueue busy = world().queue(1);
        var isFree = new CountDownLatch(1);
        var started = new AtomicInteger();
        Task<Void> slow = busy.add("test", (key, lease) -> {
            started.incrementAndGet();
            QueueWorld.awaitQuietly(isFree);
            return Optional.empty();
        });
        var other = new TaskQueue(world().database(), QueueWorld.OTHER_TABLE, 1);
        var done = new AtomicInteger();
        Task<Void> quick = other.add("test", (key, lease) -> {
            done.incrementAndGet();
            return Optional.empty();
        });
        world().start(busy, other);
        world().schedule(busy, slow, 1, 2);
        QueueWorld.await(() -> started.get() == 1);

        world().schedule(other, quick, 1, 2, 3);

        QueueWorld.await(() -> done.get() == 3);
        assertThat(started).hasValue(1);
        isFree.countDown();
        QueueWorld.await(() -> started.get() == 2);
    }

    @Slow("heartbeats in real time")
    @Test
    default void aTaskThatAnotherServerIsPickingDelaysNoOtherTask() throws Exception {
        TaskQueue queue = world().queue(2);
        var done = new CopyOnWriteArrayList<Integer>();
        Task<Void> task = queue.add("test", (key, lease) -> {
            done.add(key.number());
            return Optional.empty();
        });
        world().schedule(queue, task, 1, 2, 3);
        try (var other = world().source().getConnection();
                var statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("select * from " + QueueWorld.TABLE + " where task_instance = 'thing/1' for update");

            world().start(queue);

            QueueWorld.await(() -> done.size() == 2);
            assertThat(done).containsExactlyInAnyOrder(2, 3);
            other.rollback();
            other.setAutoCommit(true);
        }
        QueueWorld.await(() -> done.contains(1));
    }

    @Test
    default void aQueueThatOnlySchedulesRunsNothing() throws Exception {
        TaskQueue lacking = world().queue(2);
        TaskQueue able = world().queue(2);
        var ran = new CopyOnWriteArrayList<String>();
        Task<Void> task = lacking.add("test", (key, lease) -> {
            ran.add("lacking");
            return Optional.empty();
        });
        able.add("test", (key, lease) -> {
            ran.add("able");
            return Optional.empty();
        });
        lacking.scheduleOnly("it has no hands");
        world().start(lacking);
        world().schedule(lacking, task, 1, 2, 3);
        lacking.checkDue();
        world().start(able);

        QueueWorld.await(() -> world().rows(QueueWorld.TABLE) == 0);

        assertThat(ran).containsExactly("able", "able", "able");
    }

    @Test
    default void aQueueThatOnlySchedulesReportsWaitingTasks() throws Exception {
        TaskQueue able = world().queue(2);
        Task<Void> task = able.add("test", (key, lease) -> Optional.empty());
        world().schedule(able, task, Instant.now().plus(Duration.ofHours(1)), 1, 2);
        TaskQueue lacking = world().queue(2);
        lacking.add("test", (key, lease) -> Optional.empty());
        lacking.scheduleOnly("it has no hands");
        TaskQueue otherKind = world().queue(2);
        otherKind.add("other", (key, lease) -> Optional.empty());
        otherKind.scheduleOnly("it has no feet");

        try (var log = new Warnings(TaskQueue.class)) {
            world().start(lacking, otherKind);
            QueueWorld.await(() -> !log.all().isEmpty());

            assertThat(log.all())
                    .singleElement()
                    .asString()
                    .startsWith("2 tasks in " + QueueWorld.TABLE)
                    .endsWith("because it has no hands");
        }
    }

    /** A server that hung between taking a task and beginning it: others may be about to take it over. */
    @Test
    default void theBacklogContainsDueTasksThatDoNotRun() {
        TaskQueue queue = world().queue(1);
        Task<Void> task = queue.add("backlog", (key, lease) -> Optional.empty());
        assertThat(queue.backlog()).isEqualTo(new TaskQueue.Backlog(0, Duration.ZERO));

        Instant now = Instant.now();
        world().schedule(queue, task, now.minus(Duration.ofHours(2)), 1);
        world().schedule(queue, task, now.minus(Duration.ofHours(1)), 2);
        world().schedule(queue, task, now.plus(Duration.ofHours(1)), 3);
        world().schedule(queue, task, now.minus(Duration.ofHours(3)), 4);
        world().database()
                .use(connection -> Sql.update(
                        connection,
                        "update " + QueueWorld.TABLE + " set picked = ? where task_instance like '%/4'",
                        true));

        TaskQueue.Backlog backlog = queue.backlog();
        assertThat(backlog.tasks()).isEqualTo(2);
        assertThat(backlog.age())
                .isBetween(Duration.ofHours(2), Duration.ofHours(2).plusMinutes(5));
    }

    @Slow("heartbeats in real time")
    @Test
    default void aTaskThatStartsTooLateIsNotRun() throws Exception {
        var heartbeat = Duration.ofMillis(250);
        var queue = new TaskQueue(world().database(), QueueWorld.TABLE, 1, heartbeat, 4);
        var ran = new CopyOnWriteArrayList<Boolean>();
        Task<Void> task = queue.add("test", (key, lease) -> {
            ran.add(lease.isLost());
            return Optional.empty();
        });
        world().schedule(queue, task, 1);
        var hung = new Semaphore(0);

        queue.start(
                work -> QueueWorld.daemon(() -> {
                    try {
                        // Delays each thread, including the thread that runs the task.
                        hung.tryAcquire(heartbeat.multipliedBy(3).toMillis(), TimeUnit.MILLISECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    work.run();
                }),
                null);
        try {
            QueueWorld.await(() -> world().rows(QueueWorld.TABLE) == 0);
        } finally {
            queue.stop();
        }

        assertThat(ran).containsExactly(false);
    }

    @Test
    default void twoServersRunEachTaskOnce() throws Exception {
        var one = world().queue(3);
        var other = world().queue(3);
        var runs = new ConcurrentHashMap<Integer, Integer>();
        TaskQueue.Work work = (key, lease) -> {
            runs.merge(key.number(), 1, Integer::sum);
            return Optional.empty();
        };
        Task<Void> task = one.add("test", work);
        other.add("test", work);
        world().schedule(one, task, IntStream.range(0, 60).toArray());

        world().start(one);
        world().start(other);

        QueueWorld.await(() -> world().rows(QueueWorld.TABLE) == 0);
        assertThat(runs).hasSize(60);
        assertThat(new HashSet<>(runs.values())).isEqualTo(Set.of(1));
    }

    @Test
    default void recurringWorkRunsFromTheStartOnOneServer() throws Exception {
        var runs = new AtomicInteger();
        var done = new AtomicInteger();
        TaskQueue.Work work = (key, lease) -> {
            done.incrementAndGet();
            return Optional.empty();
        };
        TaskQueue one = world().queue(2);
        Task<Void> task = one.add("test", work);
        one.addRecurring("recurring", Duration.ofHours(1), runs::incrementAndGet);
        TaskQueue other = world().queue(2);
        other.add("test", work);
        other.addRecurring("recurring", Duration.ofHours(1), runs::incrementAndGet);

        world().start(one);
        QueueWorld.await(() -> runs.get() == 1);
        world().start(other);
        world().schedule(one, task, 1, 2);
        world().schedule(other, task, 3, 4);
        QueueWorld.await(() -> done.get() == 4);

        assertThat(runs).hasValue(1);
        QueueWorld.await(
                () -> world().rows(QueueWorld.TABLE + " where task_name = 'tests/recurring' and picked = false") == 1);
        assertThat(Duration.between(Instant.now(), world().executionTimeOfOnly()))
                .isBetween(Duration.ofMinutes(58), Duration.ofMinutes(60));
    }

    @Test
    @Slow("time limits in real time")
    default void recurringWorkRunsAgain() throws Exception {
        TaskQueue queue = world().queue(2);
        var runs = new AtomicInteger();
        queue.addRecurring("recurring", Duration.ofMillis(1), () -> {
            runs.incrementAndGet();
            queue.checkDue();
        });

        world().start(queue);

        QueueWorld.await(() -> runs.get() >= 2);
    }
}
