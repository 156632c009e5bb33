package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Tasks that are run by one server at a time, whichever is free, and go on after a restart: db-scheduler with our settings. A server
 * that dies stops its heartbeat, and others take over what it was doing within {@link #TAKEN_OVER}.
 *
 * <p>A task may be run more than once; never twice at the same time.
 */
public final class DurableTasks implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(DurableTasks.class.getName());
    private static final String TABLE = "claude_task";
    /** From one sign of life to the next. */
    public static final Duration HEARTBEAT = Duration.ofSeconds(3);
    private static final int MISSED_HEARTBEATS = 4;
    /** After this long without a sign of life a server counts as dead. */
    public static final Duration TAKEN_OVER = HEARTBEAT.multipliedBy(MISSED_HEARTBEATS);
    private static final Duration POLLING = Duration.ofSeconds(1);
    private static final Duration GOODBYE = Duration.ofSeconds(3);
    private static final Duration TRY_AGAIN = Duration.ofSeconds(10);
    private static final int THREADS = 8;
    /** Two are db-scheduler's. */
    private static final int HOUSEKEEPERS = 3;

    private final Database database;
    private final ThreadFactory threads;
    private final Duration heartbeat;
    private final Duration tryAgain;
    private final ScheduledExecutorService housekeepers;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Scheduler scheduler;

    /** @param threads managed ones, because tasks use beans */
    public DurableTasks(Database database, ThreadFactory threads) {
        this(database, threads, HEARTBEAT, TRY_AGAIN);
    }

    /** @param tryAgain how long after a database that was not there */
    DurableTasks(Database database, ThreadFactory threads, Duration heartbeat, Duration tryAgain) {
        this.database = database;
        this.threads = threads;
        this.heartbeat = heartbeat;
        this.tryAgain = tryAgain;
        this.housekeepers = Executors.newScheduledThreadPool(HOUSEKEEPERS, threads);
    }

    /** What is alive, until it is closed. */
    public interface Alive extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Has something that is no task give a sign of life as often as tasks do, so that after {@link #TAKEN_OVER} without one it counts as left by
     * a server that died.
     *
     * @param sign writes it into the database
     */
    public Alive keepAlive(Runnable sign) {
        Future<?> signs = housekeepers.scheduleWithFixedDelay(() -> give(sign), HEARTBEAT.toMillis(), HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS);
        return () -> signs.cancel(false);
    }

    private static void give(Runnable sign) {
        try {
            sign.run();
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "The next sign of life may succeed", e);
        }
    }

    /**
     * Opens the database, again and again until it is there, and then runs tasks. Returns at once.
     *
     * @param tasks all there are: one that the database has and this list lacks is left alone
     */
    public void start(List<Task<?>> tasks) {
        Thread thread = threads.newThread(() -> open(tasks));
        thread.setName("claude-database");
        thread.start();
    }

    private void open(List<Task<?>> tasks) {
        boolean isTold = false;
        try {
            while (closed.getCount() > 0 && scheduler == null) {
                try {
                    database.open();
                    run(tasks);
                } catch (RuntimeException e) {
                    LOG.log(isTold ? Level.FINE : Level.WARNING, "No database (jdbc/claude) yet, so there are no batches: " + e.getMessage(),
                        isTold ? e : null);
                    isTold = true;
                    closed.await(tryAgain.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            LOG.log(Level.FINE, "The server stops", e);
        }
    }

    private synchronized void run(List<Task<?>> tasks) {
        if (closed.getCount() == 0) {
            return;
        }
        ExecutorService running = Executors.newFixedThreadPool(THREADS, threads);
        ExecutorService looking = Executors.newSingleThreadExecutor(threads);
        Scheduler started = Scheduler.create(database.source(), tasks)
            .tableName(TABLE)
            .jdbcCustomization(database.dialect())
            .schedulerName(new SchedulerName.Fixed(name()))
            .threads(THREADS)
            .executorService(running)
            .dueExecutor(looking)
            .housekeeperExecutor(housekeepers)
            .pollingInterval(POLLING)
            .heartbeatInterval(heartbeat)
            .missedHeartbeatsLimit(MISSED_HEARTBEATS)
            .shutdownMaxWait(GOODBYE)
            .build();
        started.start();
        scheduler = started;
        LOG.info("The database is open; tasks are run");
    }

    /** For people who look into the table: which server runs a task. */
    private static String name() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unknown";
        }
        return host + "/" + ProcessHandle.current().pid();
    }

    /** Schedules within a transaction of the caller's: what is rolled back is never run. Existing ones stay as they are. */
    public void schedule(Connection transaction, TaskInstance<?> task, Instant when) {
        SchedulerClient.Builder.create(OneConnection.of(transaction)).tableName(TABLE).jdbcCustomization(database.dialect()).build()
            .scheduleIfNotExists(task, when);
    }

    /** Has a task run as soon as may be; one that is running or not there is left alone. */
    public void hurry(TaskInstance<?> task, Instant now) {
        try {
            scheduler.reschedule(task, now);
            look();
        } catch (RuntimeException e) {
            // It is running just now, or has gone; either way it will have seen what there is to see.
            LOG.log(Level.FINE, e, () -> "Not hurried: " + task);
        }
    }

    /** Looks for what is due now and not at the next poll. */
    public void look() {
        Scheduler running = scheduler;
        if (running != null) {
            running.triggerCheckForDueExecutions();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        synchronized (this) {
            if (scheduler != null) {
                scheduler.stop();
            }
        }
        housekeepers.shutdown();
    }
}
