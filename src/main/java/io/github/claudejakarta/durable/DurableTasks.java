package io.github.claudejakarta.durable;

import io.github.claudejakarta.runtime.Backoff;
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
 * Everything that is run one server at a time, whichever is free, and goes on after a restart: opens the database, and
 * then runs the {@link TaskQueue}s.
 */
public final class DurableTasks implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(DurableTasks.class.getName());
    /** From one sign of life to the next. */
    public static final Duration HEARTBEAT = Duration.ofSeconds(3);

    static final int MISSED_HEARTBEATS = 4;
    /** After this long without a sign of life a server counts as dead. */
    public static final Duration TAKEN_OVER = HEARTBEAT.multipliedBy(MISSED_HEARTBEATS);
    /**
     * After the first failure, which may be a connection that was broken when this application was put in place of
     * another.
     */
    private static final Duration TRY_AGAIN_SOON = Duration.ofSeconds(1);

    private static final Duration TRY_AGAIN = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int HOUSEKEEPERS = 3;
    /** How long a queue may take to stop, where the database hangs. */
    private static final Duration FAREWELL = Duration.ofSeconds(15);

    private static final Duration LAST_LOOK = Duration.ofSeconds(1);

    private final Database database;
    private final ThreadFactory threads;
    private final Duration haste;
    private final Backoff backoff;
    private final ScheduledExecutorService housekeepers;
    private final SchedulerLog schedulerLog;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Runnable> whenStopping = new CopyOnWriteArrayList<>();
    private final List<Runnable> whenOpen = new CopyOnWriteArrayList<>();
    private final AtomicBoolean haveWaitsEnded = new AtomicBoolean();
    private final List<Thread> farewells = new ArrayList<>();
    private List<TaskQueue> running = List.of();
    private volatile Optional<String> fault = Optional.empty();
    /** Of the thread that watches the database. */
    private boolean isRunning;
    /** Of the thread that watches the database, since the database was opened. */
    private int failures;
    /** Null before the start. */
    private volatile Thread opener;

    /** @param threads managed ones, because tasks use beans */
    public DurableTasks(Database database, ThreadFactory threads) {
        this(database, threads, null, TRY_AGAIN);
    }

    /**
     * @param haste a heartbeat for all queues in place of their own; null for none
     * @param tryAgain the longest wait before a database that was away is looked for again
     */
    DurableTasks(Database database, ThreadFactory threads, Duration haste, Duration tryAgain) {
        this.database = database;
        this.threads = threads;
        this.haste = haste;
        this.backoff = new Backoff(TRY_AGAIN_SOON, tryAgain, Jitter.NONE);
        this.schedulerLog = new SchedulerLog(database.availability());
        this.housekeepers = Executors.newScheduledThreadPool(HOUSEKEEPERS, threads);
    }

    /** What is done again and again, until it is closed. */
    public interface Repeated extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Has something that is no task give a sign of life as often as tasks do, so that after {@link #TAKEN_OVER} without
     * one it counts as left by a server that died.
     *
     * @param sign writes it into the database
     */
    public Repeated keepAlive(Runnable sign) {
        return every(HEARTBEAT, sign);
    }

    /**
     * Does something again and again, the pause between; what fails is done again the next time. It must not take long.
     */
    public Repeated every(Duration pause, Runnable work) {
        Future<?> repeated = housekeepers.scheduleWithFixedDelay(
                () -> attempt(work), pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
        return () -> repeated.cancel(false);
    }

    /** A task that throws is never run again by its executor, so nothing gets out of it. */
    private static void attempt(Runnable work) {
        Recurring.attempt(
                work,
                failure -> LOG.log(
                        failure instanceof Error ? Level.SEVERE : Level.FINE,
                        "Recurring work failed, and is tried again",
                        failure));
    }

    /**
     * Reads from the database before anything else is done with it, while the application starts: opens it on a thread
     * of its own, more than once if that fails.
     *
     * @param limit how long this waits; the database may still be opened later
     * @return empty if it could not be read within the limit
     */
    public <T> Optional<T> readAhead(Supplier<T> reading, Duration limit) {
        var read = new CompletableFuture<T>();
        // Not a managed one: on Liberty those wait until the application has started.
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
            TimeUnit.MILLISECONDS.sleep(TRY_AGAIN_SOON.toMillis());
        } catch (InterruptedException e) {
            read.cancel(false);
        }
    }

    /**
     * Has something run when the database is open, before any task. It is run again if it fails, and tasks wait for it.
     */
    public void onOpen(Runnable action) {
        whenOpen.add(action);
    }

    /** Opens the database, runs tasks, and looks for the database whenever it is away. Returns immediately. */
    public void start(List<TaskQueue> queues) {
        opener = threads.newThread(() -> watch(queues));
        opener.setName("claude-database");
        opener.start();
    }

    /** Until it is closed: nobody else would open the database. */
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
                database.look(PATIENCE);
                failures = 0;
            } else {
                open(queues);
            }
            fault = Optional.empty();
        } catch (Throwable e) {
            // An Error may pass as other failures do: too few file descriptors, or too little memory.
            failures++;
            boolean isFirstError = e instanceof Error && fault.isEmpty();
            fault = e instanceof Error ? Optional.of(e.toString()) : Optional.empty();
            logFailure(e, isFirstError);
        }
    }

    private void open(List<TaskQueue> queues) {
        database.open();
        // It may have gone away between two attempts.
        database.look(PATIENCE);
        whenOpen.forEach(Runnable::run);
        run(queues);
        isRunning = true;
        failures = 0;
    }

    /**
     * Returns the {@link Error} that kept this server from using the database when it tried last, such as a library in
     * a version that lacks a method; empty while there is none. A database that is away is none.
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
                        () -> database.words() + " cannot be used: " + failure
                                + ". Until that is mended, /health/ready is down, and batches, jobs and usage get 503. The server tries again");
                return;
            }
            boolean isFirst = failures == 1 && !isRunning;
            String reason = failure.getMessage() == null ? failure.toString() : failure.getMessage();
            LOG.log(
                    isFirst ? Level.WARNING : Level.FINE,
                    isFirst ? null : failure,
                    () -> database.words() + " cannot be opened: " + reason
                            + ". Until it is open, batches, jobs and usage get 503. The server tries again");
        } catch (Throwable e) {
            // What the server lacks, a line in the log may need too.
            return;
        }
    }

    /** May be called again after it has failed: queues that run are left alone. */
    private synchronized void run(List<TaskQueue> queues) {
        if (closed.getCount() > 0) {
            running = queues;
            database.watch();
            schedulerLog.open();
            queues.forEach(queue -> queue.start(schedulerLog.marked(threads), haste));
            LOG.info("The database is open; tasks are run");
        }
    }

    /** Has something run when the queues stop, such as ending waits for tasks. It must not wait. */
    public void onStop(Runnable action) {
        whenStopping.add(action);
    }

    /** Whether the queues have been told to stop. */
    public boolean isStopping() {
        return closed.getCount() == 0;
    }

    /**
     * Has all queues stop; {@link #close} waits for them. Waits for queues that are being started, which the database
     * may delay.
     */
    public void stop() {
        closed.countDown();
        if (haveWaitsEnded.compareAndSet(false, true)) {
            whenStopping.forEach(Runnable::run);
        }
        synchronized (this) {
            for (TaskQueue queue : running) {
                Thread farewell = threads.newThread(queue::stop);
                farewell.start();
                farewells.add(farewell);
            }
            running = List.of();
        }
    }

    private static void join(Thread thread) throws InterruptedException {
        if (thread != null) {
            thread.join(FAREWELL.toMillis());
        }
    }

    /**
     * Stops all queues concurrently, because each may need some seconds, and waits until they have stopped, and until
     * the database is open if it is being opened.
     */
    @Override
    public void close() {
        stop();
        try {
            // A migration that loses its connection half-way may leave the schema half done.
            join(opener);
            for (Thread farewell : farewells) {
                join(farewell);
            }
            housekeepers.shutdown();
            housekeepers.awaitTermination(LAST_LOOK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            housekeepers.shutdownNow();
        }
        schedulerLog.close();
    }
}
