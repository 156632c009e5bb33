package io.github.claudejakarta.durable;

import io.github.claudejakarta.runtime.Recurring;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Everything that is run one server at a time, whichever is free, and goes on after a restart: opens the database, and then runs the
 * {@link TaskQueue}s.
 */
public final class DurableTasks implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(DurableTasks.class.getName());
    /** From one sign of life to the next. */
    public static final Duration HEARTBEAT = Duration.ofSeconds(3);
    static final int MISSED_HEARTBEATS = 4;
    /** After this long without a sign of life a server counts as dead. */
    public static final Duration TAKEN_OVER = HEARTBEAT.multipliedBy(MISSED_HEARTBEATS);
    /** After the first failure, which may be a connection that was broken when this application was put in place of another. */
    private static final Duration TRY_AGAIN_SOON = Duration.ofSeconds(1);
    private static final Duration TRY_AGAIN = Duration.ofSeconds(10);
    private static final int HOUSEKEEPERS = 3;

    private final Database database;
    private final ThreadFactory threads;
    private final Duration haste;
    private final Duration tryAgain;
    private final ScheduledExecutorService housekeepers;
    private final CountDownLatch closed = new CountDownLatch(1);
    private List<TaskQueue> running = List.of();

    /** @param threads managed ones, because tasks use beans */
    public DurableTasks(Database database, ThreadFactory threads) {
        this(database, threads, null, TRY_AGAIN);
    }

    /**
     * @param haste    a heartbeat for all queues in place of their own; null for none
     * @param tryAgain how long after a database that was not there, at most
     */
    DurableTasks(Database database, ThreadFactory threads, Duration haste, Duration tryAgain) {
        this.database = database;
        this.threads = threads;
        this.haste = haste;
        this.tryAgain = tryAgain;
        this.housekeepers = Executors.newScheduledThreadPool(HOUSEKEEPERS, threads);
    }

    /** What is done again and again, until it is closed. */
    public interface Repeated extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Has something that is no task give a sign of life as often as tasks do, so that after {@link #TAKEN_OVER} without one it counts as left by
     * a server that died.
     *
     * @param sign writes it into the database
     */
    public Repeated keepAlive(Runnable sign) {
        return every(HEARTBEAT, sign);
    }

    /** Does something again and again, the pause between; what fails is done again the next time. It must not take long. */
    public Repeated every(Duration pause, Runnable work) {
        Future<?> repeated = housekeepers.scheduleWithFixedDelay(() -> attempt(work), pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
        return () -> repeated.cancel(false);
    }

    /** A task that throws is never run again by its executor, so nothing gets out of it. */
    private static void attempt(Runnable work) {
        Recurring.attempt(work, failure -> LOG.log(failure instanceof Error ? Level.SEVERE : Level.FINE, "Recurring work failed, and is tried again", failure));
    }

    /** Opens the database, again and again until it is there, and then runs tasks. Returns at once. */
    public void start(List<TaskQueue> queues) {
        Thread thread = threads.newThread(() -> open(queues));
        thread.setName("claude-database");
        thread.start();
    }

    private void open(List<TaskQueue> queues) {
        boolean isTold = false;
        boolean isOpen = false;
        Duration pause = shorter(TRY_AGAIN_SOON, tryAgain);
        try {
            while (closed.getCount() > 0 && !isOpen) {
                try {
                    database.open();
                    run(queues);
                    isOpen = true;
                } catch (RuntimeException e) {
                    LOG.log(isTold ? Level.FINE : Level.WARNING, "No database (jdbc/claude) yet, so there are neither batches nor jobs: "
                        + e.getMessage(), isTold ? e : null);
                    isTold = true;
                    closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
                    pause = shorter(pause.multipliedBy(2), tryAgain);
                }
            }
        } catch (InterruptedException e) {
            LOG.log(Level.FINE, "The server stops", e);
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private synchronized void run(List<TaskQueue> queues) {
        if (closed.getCount() > 0) {
            running = queues;
            queues.forEach(queue -> queue.start(threads, haste));
            LOG.info("The database is open; tasks are run");
        }
    }

    /** All queues at once: each may need some seconds for its farewell. */
    @Override
    public void close() {
        closed.countDown();
        var farewells = new ArrayList<Thread>();
        synchronized (this) {
            for (TaskQueue queue : running) {
                Thread farewell = threads.newThread(queue::stop);
                farewell.start();
                farewells.add(farewell);
            }
        }
        try {
            for (Thread farewell : farewells) {
                farewell.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        housekeepers.shutdown();
    }
}
