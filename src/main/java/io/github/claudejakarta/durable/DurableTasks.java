package io.github.claudejakarta.durable;

import io.github.claudejakarta.runtime.Backoff;
import io.github.claudejakarta.runtime.FailureText;
import io.github.claudejakarta.runtime.Jitter;
import io.github.claudejakarta.runtime.Recurring;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Opens the database and runs the {@link TaskQueue}s. A task runs on one server at a time, on any server that is free,
 * and continues after a restart.
 *
 * <p>Safe for use by many threads.
 */
public final class DurableTasks implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(DurableTasks.class.getName());
    /** Time between two heartbeats. */
    public static final Duration HEARTBEAT = Duration.ofSeconds(3);

    static final int MISSED_HEARTBEATS = 4;
    /** A server without a heartbeat for this long is considered dead. */
    public static final Duration TAKEN_OVER = HEARTBEAT.multipliedBy(MISSED_HEARTBEATS);
    /**
     * The wait after the first failure. That failure may be a connection that broke when this application was
     * redeployed.
     */
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);

    private static final Duration MAX_RETRY = Duration.ofSeconds(10);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    private static final int HOUSEKEEPERS = 3;
    /** The maximum time that a queue may need to stop if the database hangs. */
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);

    private static final Duration HOUSEKEEPER_TIMEOUT = Duration.ofSeconds(1);

    private final Database database;
    private final ThreadFactory threads;
    private final Duration heartbeatOverride;
    private final Backoff backoff;
    private final ScheduledExecutorService housekeepers;
    private final SchedulerLog schedulerLog;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Runnable> stopActions = new CopyOnWriteArrayList<>();
    private final List<Runnable> openActions = new CopyOnWriteArrayList<>();
    private final AtomicBoolean hasStopBegun = new AtomicBoolean();
    private final List<Thread> stoppers = new ArrayList<>();
    private List<TaskQueue> running = List.of();
    private volatile Optional<String> fault = Optional.empty();
    /** Accessed only by the thread that watches the database. */
    private boolean isRunning;
    /** Number of failures since the last success. Accessed only by the thread that watches the database. */
    private int failures;
    /** Null before the start. */
    private volatile Thread opener;

    /** @param threads makes managed threads, because tasks use beans */
    public DurableTasks(Database database, ThreadFactory threads) {
        this(database, threads, null, MAX_RETRY);
    }

    /**
     * @param heartbeatOverride heartbeat interval for all queues instead of their own; null for their own
     * @param maxRetry maximum wait before the next attempt to open the database
     */
    DurableTasks(Database database, ThreadFactory threads, Duration heartbeatOverride, Duration maxRetry) {
        this.database = database;
        this.threads = threads;
        this.heartbeatOverride = heartbeatOverride;
        this.backoff = new Backoff(FIRST_RETRY, maxRetry, Jitter.NONE);
        this.schedulerLog = new SchedulerLog(database.availability());
        this.housekeepers = Executors.newScheduledThreadPool(HOUSEKEEPERS, threads);
    }

    /** Recurring work, which runs until it is closed. */
    public interface Repeated extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Writes a heartbeat for work that is not a task, as often as tasks write one. After {@link #TAKEN_OVER} without a
     * heartbeat other servers consider the work abandoned.
     *
     * @param heartbeat writes the heartbeat into the database
     */
    public Repeated keepAlive(Runnable heartbeat) {
        return every(HEARTBEAT, heartbeat);
    }

    /**
     * Runs work again and again, with a pause between two runs. A run that fails is repeated after the next pause. The
     * work must be short.
     */
    public Repeated every(Duration pause, Runnable work) {
        Future<?> repeated = housekeepers.scheduleWithFixedDelay(
                () -> attempt(work), pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
        return () -> repeated.cancel(false);
    }

    /** Catches everything, because an executor stops recurring work that throws. */
    private static void attempt(Runnable work) {
        Recurring.attempt(
                work,
                failure -> LOG.log(
                        failure instanceof Error ? Level.SEVERE : Level.FINE,
                        "Recurring work failed. The server retries it",
                        failure));
    }

    /**
     * Reads from the database while the application starts, before any other use of the database. Opens the database on
     * a separate thread and repeats the attempt if it fails.
     *
     * @param limit maximum wait of this call; the database may be opened later
     * @return empty if the value could not be read within the limit
     */
    public <T> Optional<T> readAtStart(Supplier<T> reading, Duration limit) {
        var read = new CompletableFuture<T>();
        // Not a managed thread: on Liberty managed threads wait until the application has started.
        var reader = new Thread(() -> {
            while (!read.isDone()) {
                try {
                    database.open();
                    read.complete(reading.get());
                } catch (Throwable e) {
                    LOG.log(Level.FINE, "The database cannot be read yet", e);
                    pause(read);
                }
            }
        });
        reader.setName("claude-database-first");
        reader.setDaemon(true);
        reader.start();
        try {
            return Optional.of(read.get(limit.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException | TimeoutException | CancellationException e) {
            return Optional.empty();
        } finally {
            read.cancel(false);
        }
    }

    private static void pause(CompletableFuture<?> read) {
        try {
            TimeUnit.MILLISECONDS.sleep(FIRST_RETRY.toMillis());
        } catch (InterruptedException e) {
            read.cancel(false);
        }
    }

    /**
     * Registers an action that runs when the database is open, before any task. If it fails it is run again, and tasks
     * wait until it succeeds.
     */
    public void onOpen(Runnable action) {
        openActions.add(action);
    }

    /**
     * Opens the database and runs tasks. While the database is away, checks regularly whether it is back. Returns
     * immediately.
     */
    public void start(List<TaskQueue> queues) {
        opener = threads.newThread(() -> watch(queues));
        opener.setName("claude-database");
        opener.start();
    }

    /** Runs until this object is closed, because no other thread opens the database. */
    private void watch(List<TaskQueue> queues) {
        try {
            while (!closed.await(pause().toMillis(), TimeUnit.MILLISECONDS)) {
                step(queues);
            }
        } catch (InterruptedException e) {
            LOG.log(Level.FINE, "The server stops", e);
        }
    }

    private Duration pause() {
        if (!isRunning && failures == 0) {
            return Duration.ZERO;
        }
        return backoff.wait(Math.max(1, failures));
    }

    private void step(List<TaskQueue> queues) {
        try {
            if (isRunning) {
                database.probeIfAway(PROBE_TIMEOUT);
                failures = 0;
            } else {
                open(queues);
            }
            fault = Optional.empty();
        } catch (Throwable e) {
            // An Error may be temporary like other failures, for example too few file descriptors or too little memory.
            failures++;
            boolean isFirstError = e instanceof Error && fault.isEmpty();
            fault = e instanceof Error ? Optional.of(e.toString()) : Optional.empty();
            logFailure(e, isFirstError);
        }
    }

    private void open(List<TaskQueue> queues) {
        database.open();
        // The database may have failed between two attempts.
        database.probeIfAway(PROBE_TIMEOUT);
        openActions.forEach(Runnable::run);
        run(queues);
        isRunning = true;
        failures = 0;
    }

    /**
     * Returns the {@link Error} with which the last attempt to use the database failed, such as a library in a version
     * that lacks a method. Empty if there was no {@link Error}; a database that is away does not count.
     */
    public Optional<String> fault() {
        return fault;
    }

    private void logFailure(Throwable failure, boolean isFirstError) {
        try {
            if (isFirstError) {
                LOG.log(
                        Level.SEVERE,
                        failure,
                        () -> database.description() + " cannot be used: " + failure
                                + ". Until this is repaired, /health/ready is down, and requests for batches, jobs and usage get 503. The server retries");
                return;
            }
            boolean isFirst = failures == 1 && !isRunning;
            String reason = FailureText.of(failure);
            LOG.log(
                    isFirst ? Level.WARNING : Level.FINE,
                    isFirst ? null : failure,
                    () -> database.description() + " cannot be opened: " + reason
                            + ". Until it is open, requests for batches, jobs and usage get 503. The server retries");
        } catch (Throwable e) {
            // The log may need the same class or memory that is missing.
            return;
        }
    }

    /** Starts the queues. May be called again after a failure: queues that already run are not changed. */
    private synchronized void run(List<TaskQueue> queues) {
        if (closed.getCount() > 0) {
            running = queues;
            database.watch();
            schedulerLog.open();
            queues.forEach(queue -> queue.start(schedulerLog.markThreads(threads), heartbeatOverride));
            LOG.info("The database is open. The server runs its tasks");
        }
    }

    /** Registers an action that runs when the queues stop, such as ending waits for tasks. It must not block. */
    public void onStop(Runnable action) {
        stopActions.add(action);
    }

    /** Returns whether the queues are stopping or have stopped. */
    public boolean isStopping() {
        return closed.getCount() == 0;
    }

    /**
     * Starts to stop all queues; {@link #close} waits until they have stopped. Blocks while queues are being started,
     * which a slow database may delay.
     */
    public void stop() {
        closed.countDown();
        if (hasStopBegun.compareAndSet(false, true)) {
            stopActions.forEach(Runnable::run);
        }
        synchronized (this) {
            for (TaskQueue queue : running) {
                Thread stopper = threads.newThread(queue::stop);
                stopper.start();
                stoppers.add(stopper);
            }
            running = List.of();
        }
    }

    private static void join(Thread thread) throws InterruptedException {
        if (thread != null) {
            thread.join(STOP_TIMEOUT.toMillis());
        }
    }

    /**
     * Stops all queues concurrently, because each may need some seconds. Waits until they have stopped, and until an
     * attempt to open the database has ended.
     */
    @Override
    public void close() {
        stop();
        try {
            // A migration that loses its connection may leave the schema half upgraded.
            join(opener);
            for (Thread stopper : stoppers) {
                join(stopper);
            }
            housekeepers.shutdown();
            housekeepers.awaitTermination(HOUSEKEEPER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            housekeepers.shutdownNow();
        }
        schedulerLog.close();
    }
}
