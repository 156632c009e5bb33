package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.task.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/** A database, and servers that run tasks on it. */
final class QueueWorld implements AutoCloseable {

    static final String TABLE = "claude_job_task";
    static final String OTHER_TABLE = "claude_delivery_task";
    static final Duration LIMIT = Duration.ofSeconds(40);

    private final DataSource source;
    private final Database database;
    private final List<DurableTasks> started = new ArrayList<>();

    QueueWorld(DataSource source) {
        this.source = source;
        this.database = Impatient.opened(source);
    }

    DataSource source() {
        return source;
    }

    Database database() {
        return database;
    }

    TaskQueue queue(int threads) {
        return new TaskQueue(database, TABLE, threads);
    }

    /** Runs queues as one server. */
    DurableTasks start(TaskQueue... queues) {
        return start(database, queues);
    }

    DurableTasks start(Database own, TaskQueue... queues) {
        DurableTasks tasks = Impatient.tasks(own);
        started.add(tasks);
        tasks.start(List.of(queues));
        return tasks;
    }

    /** Schedules tasks to run immediately. */
    void schedule(TaskQueue queue, Task<?> task, int... numbers) {
        schedule(queue, task, Instant.now().minusSeconds(1), numbers);
    }

    void schedule(TaskQueue queue, Task<?> task, Instant when, int... numbers) {
        database.transaction(connection -> {
            for (int number : numbers) {
                queue.schedule(connection, task, new TaskKey("thing", number), when);
            }
            return null;
        });
        queue.checkDue();
    }

    /** @param condition a table and a condition for its rows */
    long rows(String condition) {
        return database.use(
                        connection -> Sql.one(connection, "select count(*) from " + condition, row -> row.getLong(1)))
                .orElseThrow();
    }

    /** Runs a statement that a server of another version or application would run. */
    void sql(String statement, Object... parameters) {
        database.use(connection -> Sql.update(connection, statement, parameters));
    }

    /** Waits until the table contains only one task, because ended ones are deleted later, and returns its due time. */
    Instant executionTimeOfOnly() throws InterruptedException {
        await(() -> rows(TABLE) == 1);
        return executionTime();
    }

    /** Returns the due time of a task. */
    Instant executionTime() {
        return database.use(connection -> Sql.one(
                        connection,
                        "select execution_time from " + TABLE,
                        row -> Sql.instant(row, "execution_time").orElseThrow()))
                .orElseThrow();
    }

    static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("the end of the wait").isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    /** Waits on a thread that may be interrupted. */
    static void awaitQuietly(BooleanSupplier condition) {
        try {
            await(condition);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static Thread daemon(Runnable work) {
        var thread = new Thread(work, "task");
        thread.setDaemon(true);
        return thread;
    }

    static void take(Semaphore places) {
        try {
            places.tryAcquire(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops all servers, and clears the database. */
    @Override
    public void close() {
        started.forEach(DurableTasks::close);
        started.clear();
        for (String table : List.of(TABLE, OTHER_TABLE)) {
            database.use(connection -> Sql.update(connection, "delete from " + table));
        }
    }
}
