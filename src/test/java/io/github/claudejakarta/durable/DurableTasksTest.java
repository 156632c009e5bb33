package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.lane.Slow;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
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
    void everyQueueRunsWhenTheDatabaseIsOpen() throws Exception {
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

    /** A single broken connection is not an outage. */
    @Test
    @Slow("time limits in real time")
    void theFirstRetryOfADatabaseIsSoon() throws Exception {
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

    /** For example too few file descriptors, which may be free a moment later. The log may need one too. */
    @Test
    void openingTheDatabaseIsRetriedAfterAnError() throws Exception {
        var errors = new AtomicInteger(3);
        var failing = Impatient.database(() -> {
            if (errors.getAndDecrement() > 0) {
                throw new NoClassDefFoundError("too few descriptors");
            }
            return pool;
        });
        Logger log = Logger.getLogger(DurableTasks.class.getName());
        log.setFilter(record -> {
            if (record.getMessage().contains("cannot be used")) {
                throw new OutOfMemoryError("made by the test");
            }
            return true;
        });
        try (var patient = Impatient.tasks(failing)) {
            patient.start(List.of());

            while (!failing.isOpen()) {
                Thread.sleep(5);
            }
        } finally {
            log.setFilter(null);
        }
    }

    /** A person has to correct such an error, so health reports it. A database that is away is a different case. */
    @Test
    void anErrorIsAFaultUntilTheDatabaseIsOpen() throws Exception {
        var isOfTwoVersions = new AtomicBoolean(true);
        var failing = Impatient.database("jdbc/desk", () -> {
            if (isOfTwoVersions.get()) {
                throw new NoSuchMethodError("made by the test");
            }
            return pool;
        });
        try (var warnings = new Warnings(DurableTasks.class);
                var watched = Impatient.tasks(failing)) {
            watched.start(List.of());
            while (watched.fault().isEmpty()) {
                Thread.sleep(5);
            }
            assertThat(watched.fault()).hasValue("java.lang.NoSuchMethodError: made by the test");

            isOfTwoVersions.set(false);
            while (!failing.isOpen() || watched.fault().isPresent()) {
                Thread.sleep(5);
            }
            assertThat(warnings.all())
                    .singleElement()
                    .asString()
                    .contains("(jdbc/desk)", "NoSuchMethodError", "/health/ready");
        }
    }

    @Test
    void anUnavailableDatabaseIsNotAFault() throws Exception {
        isThere.set(false);
        tasks.start(List.of());
        while (!database.isTried()) {
            Thread.sleep(5);
        }

        assertThat(tasks.fault()).isEmpty();
    }

    /** The second queue fails to start. The first one is not started twice. */
    @Test
    void theStartOfAQueueIsRetried() throws Exception {
        var starts = new Semaphore(0);
        var errors = new AtomicInteger(2);
        var threads = new AtomicInteger();
        var failing = new DurableTasks(
                database,
                work -> {
                    boolean isOfDatabase = threads.getAndIncrement() == 0;
                    if (!isOfDatabase && errors.getAndDecrement() > 0) {
                        throw new OutOfMemoryError("unable to create native thread, made by the test");
                    }
                    starts.release();
                    return QueueWorld.daemon(work);
                },
                null,
                Duration.ofMillis(1));
        var jobs = new TaskQueue(database, "claude_job_task", 1);
        var done = new Semaphore(0);
        Task<Void> job = jobs.add("test", (key, lease) -> {
            done.release();
            return Optional.empty();
        });
        try (failing) {
            failing.start(List.of(jobs));
            while (!database.isOpen()) {
                Thread.sleep(5);
            }
            database.transaction(connection -> {
                jobs.schedule(connection, job, new TaskKey("a", 0), Instant.now());
                return null;
            });

            assertThat(isReleased(done)).isTrue();
        }
    }

    @Test
    @Slow("time limits in real time")
    void anOutageIsNotLoggedByTheScheduler() throws Exception {
        var cuttable = new CuttableSource(pool);
        var cut = Impatient.opened(cuttable.source());
        var records = new CopyOnWriteArrayList<LogRecord>();
        var handler = new Handler() {

            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {
                // Nothing is buffered.
            }

            @Override
            public void close() {
                // Nothing has to be closed.
            }
        };
        Logger scheduler = Logger.getLogger("com.github.kagkarlsson");
        var jobs = new TaskQueue(cut, "claude_job_task", 1);
        try (var running = Impatient.tasks(cut);
                var warnings = new Warnings(Availability.class)) {
            running.start(List.of(jobs));
            QueueWorld.await(() -> cut.answers(Duration.ofSeconds(1)));
            scheduler.addHandler(handler);
            cuttable.cut();
            jobs.checkDue();
            QueueWorld.await(() -> cut.availability().isAway());
            for (int i = 0; i < 20; i++) {
                jobs.checkDue();
                Thread.sleep(50);
            }
            cuttable.mend();
            QueueWorld.await(() -> !cut.availability().isAway());

            assertThat(records)
                    .filteredOn(record -> record.getLevel().intValue() >= Level.WARNING.intValue())
                    .extracting(LogRecord::getMessage)
                    .isEmpty();
            assertThat(warnings.all()).hasSize(1);
        } finally {
            scheduler.removeHandler(handler);
        }
    }

    @Test
    void closingEndsTheAttemptsToOpenTheDatabase() throws Exception {
        isThere.set(false);
        var threads = new CopyOnWriteArrayList<Thread>();
        var closed = new DurableTasks(
                database,
                work -> {
                    Thread thread = QueueWorld.daemon(work);
                    threads.add(thread);
                    return thread;
                },
                null,
                Duration.ofMillis(1));
        closed.start(List.of(new TaskQueue(database, "claude_job_task", 1)));

        closed.close();

        threads.get(0).join(LIMIT.toMillis());
        assertThat(threads.get(0).isAlive()).isFalse();
        assertThat(database.isOpen()).isFalse();
    }

    @Test
    void aStopEndsWaitsOnce() {
        var stops = new Semaphore(0);
        tasks.onStop(stops::release);
        assertThat(tasks.isStopping()).isFalse();

        tasks.stop();
        tasks.close();

        assertThat(tasks.isStopping()).isTrue();
        assertThat(stops.availablePermits()).isEqualTo(1);
    }

    /** The database may delay the start of the queues for long. */
    @Test
    void aStopEndsWaitsWhileTheQueuesAreBeingStarted() throws Exception {
        var isStarting = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var starting = new AtomicReference<DurableTasks>();
        starting.set(new DurableTasks(
                database,
                work -> {
                    if (Thread.holdsLock(starting.get())) {
                        isStarting.countDown();
                        awaitLatch(release);
                    }
                    return QueueWorld.daemon(work);
                },
                null,
                Duration.ofHours(1)));
        starting.get().start(List.of(new TaskQueue(database, "claude_job_task", 1)));
        var stops = new Semaphore(0);
        starting.get().onStop(stops::release);
        assertThat(isStarting.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();

        QueueWorld.daemon(starting.get()::stop).start();

        assertThat(isReleased(stops)).isTrue();
        release.countDown();
        starting.get().close();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A migration that loses its connection leaves the schema half done. */
    @Test
    void closingWaitsForADatabaseThatIsBeingOpened() throws Exception {
        var isOpening = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var slow = new Database(
                Impatient.SETTINGS,
                () -> {
                    isOpening.countDown();
                    awaitLatch(release);
                    throw new IllegalStateException("no database after all");
                },
                new FakeTransaction());
        var opener = new CopyOnWriteArrayList<Thread>();
        var closing = new DurableTasks(
                slow,
                work -> {
                    Thread thread = QueueWorld.daemon(work);
                    opener.add(thread);
                    return thread;
                },
                null,
                Duration.ofHours(1));
        closing.start(List.of());
        assertThat(isOpening.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        Thread closer = QueueWorld.daemon(closing::close);
        closer.start();
        while (closer.getState() != Thread.State.TIMED_WAITING) {
            assertThat(closer.isAlive()).as("the close waits").isTrue();
            Thread.sleep(1);
        }

        release.countDown();

        closer.join(LIMIT.toMillis());
        assertThat(opener.get(0).isAlive()).isFalse();
        assertThat(closer.isAlive()).isFalse();
    }

    @Test
    void aQueueThatWasNotStartedCanBeCheckedAndStopped() {
        var queue = new TaskQueue(database, "claude_job_task", 1);

        assertThatCode(queue::checkDue).doesNotThrowAnyException();
        assertThatCode(queue::stop).doesNotThrowAnyException();
    }

    @Test
    void recurringWorkContinuesAfterAFailure() throws Exception {
        var runs = new Semaphore(0);

        tasks.every(Duration.ofMillis(1), () -> {
            runs.release();
            throw new IllegalStateException("no");
        });

        assertThat(isReleased(runs)).isTrue();
        assertThat(isReleased(runs)).isTrue();
    }

    @Test
    void recurringWorkEndsWithItsOwner() throws Exception {
        var runs = new Semaphore(0);
        DurableTasks.Repeated repeated = tasks.every(Duration.ofMillis(1), runs::release);
        assertThat(isReleased(runs)).isTrue();

        repeated.close();

        // A run that has begun may end.
        var barrier = new CountDownLatch(2);
        runs.drainPermits();
        DurableTasks.Repeated later = tasks.every(Duration.ofMillis(1), barrier::countDown);
        assertThat(barrier.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        later.close();
        assertThat(runs.availablePermits()).isLessThanOrEqualTo(1);
    }

    /** Such as the write of usage once a second: an executor never repeats work that throws an Error. */
    @Test
    void recurringWorkContinuesAfterAnError() throws Exception {
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
