package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.Waiter;
import com.github.kagkarlsson.scheduler.task.Execution;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.ExecutionOperations;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.Schedule;
import io.github.claudejakarta.runtime.Ticker;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Runs the durable tasks of one kind of work, in a separate table and on separate threads. Long tasks of one kind
 * therefore do not delay other kinds. It is db-scheduler with our settings. {@link DurableTasks} starts and stops it.
 *
 * <p>If a server dies its heartbeat stops, and other servers take over its tasks. A task may run more than once. It
 * never runs twice at the same time, unless a server loses its heartbeat and continues. Clocks of servers may differ
 * and may be set: a server counts as dead only if its heartbeat is old and has also not changed for some time.
 *
 * <p>The table may contain tasks of several applications. A task's name begins with its application. A queue runs,
 * counts and takes over only the tasks of its own application.
 *
 * <p>Safe for use by many threads, except for {@link #add}.
 */
public final class TaskQueue {

    private static final Logger LOG = Logger.getLogger(TaskQueue.class.getName());
    private static final Duration POLLING = Duration.ofSeconds(1);
    private static final Duration NEVER = Duration.ofDays(36_500);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration FAILURE_PAUSE = Duration.ofSeconds(30);
    /**
     * A task of a server of an older version is adopted after this time without a heartbeat. The time allows for clocks
     * that differ.
     */
    private static final Duration LEGACY_TIMEOUT = Duration.ofMinutes(1);
    /** One thread for heartbeats, one to find dead servers, one for heartbeats from the future. */
    private static final int HOUSEKEEPERS = 3;
    /**
     * Picks the next tasks as soon as one thread is free, and at most as many tasks as there are free threads. Tasks
     * that are picked earlier would fill the memory.
     */
    private static final double LOWER_LIMIT = 0.99;

    private static final double UPPER_LIMIT = 1;

    private final Database database;
    private final String table;
    private final int threads;
    private final Duration heartbeat;
    private final int missedHeartbeats;
    private final AtomicInteger running = new AtomicInteger();
    /** For due times, which are wall-clock time. */
    private final Clock wall;
    /** For heartbeats and waits. */
    private final SteadyClock clock;

    private volatile Thread dueThread;
    private final UnchangedTimer heartbeats;
    /** The minimum time for which a heartbeat must not change before its server counts as dead. */
    private volatile Duration minUnchanged;

    private final List<Task<?>> tasks = new ArrayList<>();
    /** The kinds of all tasks. Servers of an older version use them as task names. */
    private final Set<String> kinds = new LinkedHashSet<>();

    private final Set<String> kindsOfRecurring = new LinkedHashSet<>();
    /** Separate from other tasks, because db-scheduler schedules only recurring tasks at the start. */
    private final List<RecurringTask<Void>> recurring = new ArrayList<>();

    private Optional<String> notRunReason = Optional.empty();
    private volatile Scheduler scheduler;

    /** Creates a queue with the default heartbeat of {@link DurableTasks#HEARTBEAT}. */
    public TaskQueue(Database database, String table, int threads) {
        this(database, table, threads, DurableTasks.HEARTBEAT, DurableTasks.MISSED_HEARTBEATS);
    }

    /**
     * Creates a queue.
     *
     * @param table with db-scheduler's columns and {@code application}, which is generated from a task's name, with an
     *     index on application and time (as in {@code V6__applications.sql})
     * @param threads maximum number of tasks that run at the same time on this server
     * @param heartbeat time between two heartbeats
     * @param missedHeartbeats number of missed heartbeats after which a server counts as dead
     */
    public TaskQueue(Database database, String table, int threads, Duration heartbeat, int missedHeartbeats) {
        this(database, table, threads, heartbeat, missedHeartbeats, Clock.systemUTC(), Ticker.SYSTEM);
    }

    /** @param wall the clock of the due times that callers pass */
    TaskQueue(
            Database database,
            String table,
            int threads,
            Duration heartbeat,
            int missedHeartbeats,
            Clock wall,
            Ticker ticker) {
        this.wall = wall;
        this.clock = new SteadyClock(wall, ticker, () -> running.get() == 0);
        this.heartbeats = new UnchangedTimer(ticker);
        this.minUnchanged = minUnchanged(heartbeat);
        this.database = database;
        this.table = table;
        this.threads = threads;
        this.heartbeat = heartbeat;
        this.missedHeartbeats = missedHeartbeats;
    }

    /** The work of a task. */
    public interface Work {

        /**
         * Runs the task.
         *
         * @return the time of the next run; empty if the task has ended
         */
        Optional<Instant> run(TaskKey key, Lease lease);
    }

    /**
     * Adds a kind of task. A task runs again at the time that it returns, and 30 s after it failed. Must be called
     * before the queue is started. Tasks of a kind that was not added stay in the table, and this queue does not run
     * them.
     */
    public Task<Void> add(String name, Work work) {
        kinds.add(name);
        Task<Void> task = Tasks.custom(application().task(name), Void.class)
                .onFailure((complete, operations) ->
                        operations.reschedule(complete, wall.instant().plus(FAILURE_PAUSE)))
                .onDeadExecution(this::takeOver)
                .execute((instance, context) -> {
                    Optional<Instant> next;
                    boolean isLeased;
                    running.incrementAndGet();
                    try {
                        var lease = Lease.of(context, wall.instant(), takenOver());
                        // Lost before it starts: the server that takes it over finds it unchanged.
                        next = lease.isLost() ? Optional.empty() : work.run(TaskKey.parse(instance.getId()), lease);
                        isLeased = !lease.isLost();
                    } finally {
                        running.decrementAndGet();
                    }
                    return (complete, operations) -> {
                        // A task that another server has taken over must not be rescheduled here.
                        if (isLeased) {
                            next.ifPresentOrElse(when -> operations.reschedule(complete, when), operations::remove);
                        }
                    };
                });
        tasks.add(task);
        return task;
    }

    /** Adds recurring work, which one server at a time runs. The first run is at the first start. */
    public void addRecurring(String name, Duration pause, Runnable work) {
        kindsOfRecurring.add(name);
        recurring.add(Tasks.recurring(application().task(name), new Pause(wall, pause))
                .onDeadExecution(this::takeOver)
                .execute((instance, context) -> {
                    running.incrementAndGet();
                    try {
                        work.run();
                    } finally {
                        running.decrementAndGet();
                    }
                }));
    }

    /**
     * Takes over a task whose heartbeat is too old by this server's clock and has not changed for some time. If the
     * heartbeat changes, its server is alive and has a different clock.
     */
    private void takeOver(ExecutionComplete complete, ExecutionOperations<Void> operations) {
        Execution execution = complete.getExecution();
        if (heartbeats
                        .unchangedFor(execution.taskInstance, List.of(execution.version, execution.lastHeartbeat))
                        .compareTo(minUnchanged)
                >= 0) {
            LOG.info(() -> execution.taskInstance.getId() + " in " + table + " was abandoned by server "
                    + execution.pickedBy + " and is run again");
            operations.reschedule(complete, wall.instant());
        }
    }

    private static Duration minUnchanged(Duration heartbeat) {
        return heartbeat.multipliedBy(2);
    }

    /**
     * Sets heartbeats that are in the future to the current time. They are from a server whose clock was ahead, or from
     * this server before its clock was set back. If that server is alive it writes its next heartbeat. If it is dead,
     * without this correction it would count as alive until the clock reaches the heartbeat.
     */
    private void correctFutureHeartbeats() {
        try {
            Instant now = clock.now();
            database.use(connection -> Sql.update(
                    connection,
                    "update " + table
                            + " set last_heartbeat = ? where picked = ? and last_heartbeat > ? and application = ?",
                    now,
                    true,
                    now.plus(takenOver()),
                    application().value()));
            adoptLegacyTasks();
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "Heartbeats of " + table + " were not checked. The server retries", e);
        } catch (Error e) {
            // Recurring work must continue after any error.
            LOG.log(Level.WARNING, "Heartbeats of " + table + " were not checked. The server retries", e);
        }
    }

    private void adoptLegacyTasks() {
        database.transaction(connection -> {
            new LegacyTasks(table, application())
                    .adopt(connection, kinds, kindsOfRecurring, wall.instant().minus(LEGACY_TIMEOUT));
            return null;
        });
    }

    /**
     * Makes this server schedule tasks without running them. For a server that lacks something that the tasks need:
     * other servers on the same database, or this server after its next start, can run them. Must be called before the
     * queue is started.
     *
     * @param reason for the log if tasks are waiting: "it has no ..."
     */
    public void scheduleOnly(String reason) {
        notRunReason = Optional.of(reason);
    }

    private Duration takenOver() {
        return heartbeat.multipliedBy(missedHeartbeats);
    }

    /**
     * Starts to run tasks, unless the queue already runs. May be called again after a failure.
     *
     * @param heartbeatOverride heartbeat interval instead of the queue's own; null for its own
     */
    void start(ThreadFactory factory, Duration heartbeatOverride) {
        if (scheduler != null) {
            return;
        }
        if (notRunReason.isPresent()) {
            warnOfWaitingTasks(notRunReason.get());
            return;
        }
        adoptLegacyTasks();
        Duration pause = heartbeatOverride == null ? heartbeat : heartbeatOverride;
        minUnchanged = minUnchanged(pause);
        ScheduledExecutorService housekeepers = Executors.newScheduledThreadPool(HOUSEKEEPERS, factory);
        Scheduler started = builder()
                .startTasks(recurring)
                .tableName(table)
                .jdbcCustomization(database.dialect())
                .schedulerName(new SchedulerName.Fixed(name()))
                .threads(threads)
                .executorService(Executors.newFixedThreadPool(threads, factory))
                .dueExecutor(Executors.newSingleThreadExecutor(work -> factory.newThread(() -> {
                    dueThread = Thread.currentThread();
                    work.run();
                })))
                .housekeeperExecutor(housekeepers)
                .clock(() -> Thread.currentThread() == dueThread ? wall.instant() : clock.now())
                .pollingInterval(POLLING)
                .pollUsingLockAndFetch(LOWER_LIMIT, UPPER_LIMIT)
                .heartbeatInterval(pause)
                .missedHeartbeatsLimit(missedHeartbeats)
                .shutdownMaxWait(STOP_TIMEOUT)
                .deleteUnresolvedAfter(NEVER)
                .build();
        // Set before the first task runs, because that task may reschedule another one.
        scheduler = started;
        try {
            started.start();
            housekeepers.scheduleWithFixedDelay(
                    this::correctFutureHeartbeats,
                    0,
                    pause.multipliedBy(missedHeartbeats).toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (RuntimeException | Error e) {
            scheduler = null;
            abandon(started, e);
            throw e;
        }
    }

    private static void abandon(Scheduler started, Throwable failure) {
        try {
            started.stop();
        } catch (RuntimeException | Error e) {
            failure.addSuppressed(e);
        }
    }

    /** Returns a builder whose scheduler polls by the steady clock, which is never set. */
    private SchedulerBuilder builder() {
        return new SchedulerBuilder(database.source(), List.copyOf(tasks)) {

            @Override
            protected Waiter buildWaiter() {
                return new Waiter(poolingInterval, TaskQueue.this.clock);
            }
        };
    }

    /** Schedules the next run of a task a fixed time after the end of the last one, by the wall clock. */
    private record Pause(Clock wall, Duration pause) implements Schedule {

        @Override
        public Instant getNextExecutionTime(ExecutionComplete complete) {
            return wall.instant().plus(pause);
        }

        @Override
        public Instant getInitialExecutionTime(Instant now) {
            return wall.instant();
        }

        @Override
        public boolean isDeterministic() {
            return false;
        }
    }

    private ApplicationName application() {
        return database.application();
    }

    private void warnOfWaitingTasks(String reason) {
        long waiting = database.use(connection -> Sql.one(
                        connection,
                        "select count(*) from " + table + " where task_name in (" + Sql.placeholders(tasks.size())
                                + ")",
                        row -> row.getLong(1),
                        tasks.stream().map(Task::getName).toArray()))
                .orElse(0L);
        if (waiting > 0) {
            LOG.warning(() -> waiting + " tasks in " + table
                    + " wait for another server of this application. This server does not run them, because " + reason);
        }
    }

    /** Returns the name of this server, which the table shows for the tasks that it runs. */
    private static String name() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unknown";
        }
        return host + "/" + ProcessHandle.current().pid();
    }

    /**
     * Returns the kind of the tasks: the distinct part of the table's name ({@code job}, {@code delivery}), or
     * {@code batch} for {@code claude_task}.
     */
    public String kind() {
        String kind = table.replaceFirst("^claude_", "").replaceFirst("_?task$", "");
        return kind.isEmpty() ? "batch" : kind;
    }

    /**
     * The tasks that are due and not running, on all servers.
     *
     * @param tasks their number
     * @param age time since the oldest was due; zero if no task is due
     */
    public record Backlog(long tasks, Duration age) {}

    /**
     * Returns the tasks that are due and not running. Runs one statement, which reads the index entries of the due
     * tasks.
     */
    public Backlog backlog() {
        Instant now = wall.instant();
        return database.use(connection -> Sql.one(
                        connection,
                        "select count(*), min(execution_time) as oldest from " + table
                                + " where picked = ? and application = ? and execution_time <= ?",
                        row -> new Backlog(
                                row.getLong(1),
                                Sql.instant(row, "oldest")
                                        .map(oldest -> Duration.between(oldest, now))
                                        .orElse(Duration.ZERO)),
                        false,
                        application().value(),
                        now))
                .orElseThrow();
    }

    /** Stops the queue. Waits up to 3 s for running tasks and then interrupts them. */
    void stop() {
        Scheduler started = scheduler;
        if (started != null) {
            started.stop();
        }
    }

    /**
     * Returns an SQL condition for rows that have no task of one kind in this queue.
     *
     * @param id the row's column that holds {@link TaskKey#id}
     * @param number the row's column that holds {@link TaskKey#number}
     */
    String hasNoTask(Task<?> task, String id, String number) {
        String name = task.getName();
        return "not exists (select 1 from " + table + " t where t.task_name in ('" + name + "', '"
                + LegacyTasks.name(name) + "') and t.task_instance = " + id + " || '/' || " + number + ")";
    }

    /**
     * Schedules a task for each row that needs one and has none.
     *
     * @param id the row's column that holds {@link TaskKey#id}
     * @param number the row's column that holds {@link TaskKey#number}
     * @param rows the query from {@code from} on, with a condition whose one parameter is the application
     * @param when due time by the wall clock
     * @return the keys of the new tasks
     */
    public List<TaskKey> scheduleMissing(
            Connection transaction, Task<?> task, String id, String number, String rows, Instant when)
            throws SQLException {
        List<TaskKey> missing = Sql.list(
                transaction,
                "select " + id + ", " + number + " " + rows + " and " + hasNoTask(task, id, number),
                row -> new TaskKey(row.getString(1), row.getInt(2)),
                database.application().value());
        for (TaskKey key : missing) {
            schedule(transaction, task, key, when);
        }
        return missing;
    }

    /**
     * Schedules a task within the caller's transaction. If the transaction is rolled back the task never runs. A task
     * that already exists is not changed.
     *
     * @param when due time by the wall clock
     */
    public void schedule(Connection transaction, Task<?> task, TaskKey key, Instant when) throws SQLException {
        try {
            SchedulerClient.Builder.create(OneConnection.of(transaction))
                    .tableName(table)
                    .jdbcCustomization(database.dialect())
                    .build()
                    .scheduleIfNotExists(task.instance(key.toString()), when);
        } catch (RuntimeException e) {
            // The caller expects an SQLException, as from its other statements.
            throw failure(e);
        }
    }

    private static SQLException failure(RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException failure) {
                return failure;
            }
        }
        throw e;
    }

    /** Makes a task due immediately. A task that is running or does not exist is not changed. */
    public void runNow(Task<?> task, TaskKey key, Instant now) {
        try {
            scheduler.reschedule(task.instance(key.toString()), now);
            checkDue();
        } catch (RuntimeException e) {
            // The task is running or has ended. In both cases it reads the current state.
            LOG.log(Level.FINE, e, () -> "Not rescheduled: " + key);
        }
    }

    /** Checks for due tasks immediately instead of at the next poll. */
    public void checkDue() {
        Scheduler started = scheduler;
        if (started != null) {
            started.triggerCheckForDueExecutions();
        }
    }
}
