package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.github.kagkarlsson.scheduler.task.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DurableTasksTest {

    private static final Duration LIMIT = Duration.ofSeconds(40);

    private final JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:tasks", "claude", "claude");
    private final AtomicBoolean isThere = new AtomicBoolean(true);
    private final Database database = Impatient.database(() -> {
        if (!isThere.get()) {
            throw new IllegalStateException("there is no DataSource");
        }
        return pool;
    });
    private final DurableTasks tasks = Impatient.tasks(database);

    @AfterEach
    void close() {
        tasks.close();
        pool.dispose();
    }

    private static boolean isReleased(Semaphore semaphore) throws InterruptedException {
        return semaphore.tryAcquire(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void everyQueueIsRunOnceTheDatabaseIsThere() throws Exception {
        isThere.set(false);
        var jobs = new TaskQueue(database, "claude_job_task", 1);
        var deliveries = new TaskQueue(database, "claude_delivery_task", 1);
        var done = new Semaphore(0);
        TaskQueue.Work work = (key, lease) -> {
            done.release();
            return Optional.empty();
        };
        Task<Void> job = jobs.add("test", work);
        Task<Void> delivery = deliveries.add("test", work);
        tasks.start(List.of(jobs, deliveries));
        assertThat(database.isOpen()).isFalse();

        isThere.set(true);
        while (!database.isOpen()) {
            Thread.sleep(5);
        }
        database.transaction(connection -> {
            jobs.schedule(connection, job, new TaskKey("a", 0), Instant.now());
            deliveries.schedule(connection, delivery, new TaskKey("a", 0), Instant.now());
            return null;
        });

        assertThat(isReleased(done)).isTrue();
        assertThat(isReleased(done)).isTrue();
    }

    /** A connection that is broken once is no database that is away. */
    @Test
    void aDatabaseIsTriedAgainSoonAtFirst() throws Exception {
        isThere.set(false);
        try (var patient = new DurableTasks(database, QueueWorld::daemon, null, Duration.ofHours(1))) {
            patient.start(List.of());
            while (!database.isTried()) {
                Thread.sleep(5);
            }
            isThere.set(true);

            while (!database.isOpen()) {
                Thread.sleep(5);
            }
        }
    }

    @Test
    void whatIsClosedBeforeTheDatabaseIsThereTriesNoMore() throws Exception {
        isThere.set(false);
        var threads = new CopyOnWriteArrayList<Thread>();
        var closed = new DurableTasks(database, work -> {
            Thread thread = QueueWorld.daemon(work);
            threads.add(thread);
            return thread;
        }, null, Duration.ofMillis(1));
        closed.start(List.of(new TaskQueue(database, "claude_job_task", 1)));

        closed.close();

        threads.get(0).join(LIMIT.toMillis());
        assertThat(threads.get(0).isAlive()).isFalse();
        assertThat(database.isOpen()).isFalse();
    }

    @Test
    void aQueueThatWasNotStartedCanBeLookedAtAndStopped() {
        var queue = new TaskQueue(database, "claude_job_task", 1);

        assertThatCode(queue::look).doesNotThrowAnyException();
        assertThatCode(queue::stop).doesNotThrowAnyException();
    }

    @Test
    void whatIsRepeatedGoesOnAfterAFailure() throws Exception {
        var runs = new Semaphore(0);

        tasks.every(Duration.ofMillis(1), () -> {
            runs.release();
            throw new IllegalStateException("no");
        });

        assertThat(isReleased(runs)).isTrue();
        assertThat(isReleased(runs)).isTrue();
    }

    @Test
    void whatIsRepeatedEndsWithItsOwner() throws Exception {
        var runs = new Semaphore(0);
        DurableTasks.Repeated repeated = tasks.every(Duration.ofMillis(1), runs::release);
        assertThat(isReleased(runs)).isTrue();

        repeated.close();

        // one that is under way may end
        var barrier = new CountDownLatch(2);
        runs.drainPermits();
        DurableTasks.Repeated later = tasks.every(Duration.ofMillis(1), barrier::countDown);
        assertThat(barrier.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        later.close();
        assertThat(runs.availablePermits()).isLessThanOrEqualTo(1);
    }

    /** As usage that is written down once a second: after one that is thrown the executor would never run it again. */
    @Test
    void recurringWorkGoesOnAfterAnError() throws Exception {
        var runs = new Semaphore(0);
        DurableTasks.Repeated repeated = tasks.every(Duration.ofMillis(1), () -> {
            runs.release();
            throw new OutOfMemoryError("meant to fail");
        });

        assertThat(isReleased(runs)).isTrue();
        assertThat(isReleased(runs)).as("runs again").isTrue();
        repeated.close();
    }
}
