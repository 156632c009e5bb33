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
 * Durable tasks of one kind of work, in a table and on threads of their own, so that work which takes long holds up no
 * other: db-scheduler with our settings. {@link DurableTasks} starts and stops it.
 *
 * <p>A server that dies stops its heartbeat, and others take over what it was doing. A task may be run more than once;
 * never twice at the same time, as long as no server loses its heartbeat and lives on. Clocks of servers may differ,
 * and may be set: a server counts as dead only if its heartbeat is old and also stands still.
 *
 * <p>The table may have tasks of several applications. A task's name begins with its application, and a queue runs,
 * counts and takes over those of its own application alone.
 *
 * <p>Safe for use by many threads, except for {@link #add}.
 */
public final class TaskQueue {

    private static final Logger LOG = Logger.getLogger(TaskQueue.class.getName());
    private static final Duration POLLING = Duration.ofSeconds(1);
    private static final Duration NEVER = Duration.ofDays(36_500);
    private static final Duration GOODBYE = Duration.ofSeconds(3);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(30);
    /** After so long without a heartbeat a task of a server of an older version is adopted. Clocks may differ. */
    private static final Duration LEFT_BEHIND = Duration.ofMinutes(1);
    /** One for heartbeats, one to look for those who died, one for heartbeats from the future. */
    private static final int HOUSEKEEPERS = 3;
    /**
     * As many tasks are taken as threads are free, and the next as soon as one is: what were taken before would pile up
     * in memory.
     */
    private static final double AS_SOON_AS_ONE_IS_FREE = 0.99;

    private static final double NO_MORE_THAN_THREADS = 1;

    private final Database database;
    private final String table;
    private final int threads;
    private final Duration heartbeat;
    private final int missedHeartbeats;
    private final AtomicInteger running = new AtomicInteger();
    /** For due times, which are wall time. */
    private final Clock wall;
    /** For heartbeats and waits. */
    private final SteadyClock clock;

    private volatile Thread looksForDue;
    private final UnchangedTimer heartbeats;
    /** As long as a heartbeat has to stand still. */
    private volatile Duration silence;

    private final List<Task<?>> tasks = new ArrayList<>();
    /** The kinds of all tasks, as a server of an older version names the tasks. */
    private final Set<String> kinds = new LinkedHashSet<>();

    private final Set<String> kindsOfRecurring = new LinkedHashSet<>();
    /** Apart from the others: only those that are named as such are scheduled at the start. */
    private final List<RecurringTask<Void>> recurring = new ArrayList<>();

    private Optional<String> leftToOthers = Optional.empty();
    private volatile Scheduler scheduler;

    /** The same with the heartbeat that all have who do not say otherwise. */
    public TaskQueue(Database database, String table, int threads) {
        this(database, table, threads, DurableTasks.HEARTBEAT, DurableTasks.MISSED_HEARTBEATS);
    }

    /**
     * @param table with db-scheduler's columns, and {@code application}, which is generated of a task's name, with an
     *     index on it and the time (as in {@code V6__applications.sql})
     * @param threads tasks that run at a time on this server
     * @param heartbeat from one sign of life to the next
     * @param missedHeartbeats after so many without one a server counts as dead
     */
    public TaskQueue(Database database, String table, int threads, Duration heartbeat, int missedHeartbeats) {
        this(database, table, threads, heartbeat, missedHeartbeats, Clock.systemUTC(), Ticker.SYSTEM);
    }

    /** @param wall by which callers say when a task is due */
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
        this.silence = silence(heartbeat);
        this.database = database;
        this.table = table;
        this.threads = threads;
        this.heartbeat = heartbeat;
        this.missedHeartbeats = missedHeartbeats;
    }

    /** What a task does. */
    public interface Work {

        /** @return when it is to be run again; empty where it need not */
        Optional<Instant> run(TaskKey key, Lease lease);
    }

    /**
     * Adds a kind of task that is run again when it says so, and half a minute after it failed. To be called before the
     * queue is started; a kind that the table has and this lacks is left alone.
     */
    public Task<Void> add(String name, Work work) {
        kinds.add(name);
        Task<Void> task = Tasks.custom(application().task(name), Void.class)
                .onFailure((complete, operations) ->
                        operations.reschedule(complete, wall.instant().plus(AFTER_FAILURE)))
                .onDeadExecution(this::takeOver)
                .execute((instance, context) -> {
                    Optional<Instant> next;
                    boolean isOurs;
                    running.incrementAndGet();
                    try {
                        var lease = Lease.of(context, wall.instant(), takenOver());
                        // Lost before it begins: the server that takes it over finds it unchanged.
                        next = lease.isLost() ? Optional.empty() : work.run(TaskKey.parse(instance.getId()), lease);
                        isOurs = !lease.isLost();
                    } finally {
                        running.decrementAndGet();
                    }
                    return (complete, operations) -> {
                        // What is another server's by now is not ours to reschedule.
                        if (isOurs) {
                            next.ifPresentOrElse(when -> operations.reschedule(complete, when), operations::remove);
                        }
                    };
                });
        tasks.add(task);
        return task;
    }

    /** Adds what is done again and again, by one server, from the first start on. */
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
     * Takes over a task whose heartbeat is too old by this server's clock, once it is seen to stand still as well.
     * Where it moves, its server lives and has another clock.
     */
    private void takeOver(ExecutionComplete complete, ExecutionOperations<Void> operations) {
        Execution execution = complete.getExecution();
        if (heartbeats
                        .look(execution.taskInstance, List.of(execution.version, execution.lastHeartbeat))
                        .compareTo(silence)
                >= 0) {
            LOG.info(() -> execution.taskInstance.getId() + " in " + table + " was left behind by " + execution.pickedBy
                    + " and is run again");
            operations.reschedule(complete, wall.instant());
        }
    }

    private static Duration silence(Duration heartbeat) {
        return heartbeat.multipliedBy(2);
    }

    /**
     * Makes heartbeats from the future current: those of a server whose clock was ahead, or of this one before its
     * clock was set back. While that server lives it writes the next one. If it is dead it would count as alive until
     * the clock has caught up.
     */
    private void makeCurrent() {
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
            LOG.log(Level.FINE, "The next time it may succeed", e);
        } catch (Error e) {
            // Whatever it was: what is done again and again goes on.
            LOG.log(Level.WARNING, "Heartbeats of " + table + " were not looked at", e);
        }
    }

    private void adoptLegacyTasks() {
        database.transaction(connection -> {
            new LegacyTasks(table, application())
                    .adopt(connection, kinds, kindsOfRecurring, wall.instant().minus(LEFT_BEHIND));
            return null;
        });
    }

    /**
     * Has this server schedule tasks and run none: it lacks what they need, and others on the same database, or a later
     * start, may not. Before it is started.
     *
     * @param reason for the log, where there are tasks: "it has no ..."
     */
    public void leaveToOthers(String reason) {
        leftToOthers = Optional.of(reason);
    }

    private Duration takenOver() {
        return heartbeat.multipliedBy(missedHeartbeats);
    }

    /**
     * Starts to run tasks, unless it does already. May be called again after a failure.
     *
     * @param haste a heartbeat in place of its own; null for none
     */
    void start(ThreadFactory factory, Duration haste) {
        if (scheduler != null) {
            return;
        }
        if (leftToOthers.isPresent()) {
            tellWhatWaits(leftToOthers.get());
            return;
        }
        adoptLegacyTasks();
        Duration pause = haste == null ? heartbeat : haste;
        silence = silence(pause);
        ScheduledExecutorService housekeepers = Executors.newScheduledThreadPool(HOUSEKEEPERS, factory);
        Scheduler started = builder()
                .startTasks(recurring)
                .tableName(table)
                .jdbcCustomization(database.dialect())
                .schedulerName(new SchedulerName.Fixed(name()))
                .threads(threads)
                .executorService(Executors.newFixedThreadPool(threads, factory))
                .dueExecutor(Executors.newSingleThreadExecutor(work -> factory.newThread(() -> {
                    looksForDue = Thread.currentThread();
                    work.run();
                })))
                .housekeeperExecutor(housekeepers)
                .clock(() -> Thread.currentThread() == looksForDue ? wall.instant() : clock.now())
                .pollingInterval(POLLING)
                .pollUsingLockAndFetch(AS_SOON_AS_ONE_IS_FREE, NO_MORE_THAN_THREADS)
                .heartbeatInterval(pause)
                .missedHeartbeatsLimit(missedHeartbeats)
                .shutdownMaxWait(GOODBYE)
                .deleteUnresolvedAfter(NEVER)
                .build();
        // Before the first task, which may already hurry another.
        scheduler = started;
        try {
            started.start();
            housekeepers.scheduleWithFixedDelay(
                    this::makeCurrent, 0, pause.multipliedBy(missedHeartbeats).toMillis(), TimeUnit.MILLISECONDS);
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

    /** Polls in a time that nobody sets. */
    private SchedulerBuilder builder() {
        return new SchedulerBuilder(database.source(), List.copyOf(tasks)) {

            @Override
            protected Waiter buildWaiter() {
                return new Waiter(poolingInterval, TaskQueue.this.clock);
            }
        };
    }

    /** Runs a task again some time after its end, by the wall clock. */
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

    private void tellWhatWaits(String reason) {
        long waiting = database.use(connection -> Sql.one(
                        connection,
                        "select count(*) from " + table + " where task_name in (" + Sql.placeholders(tasks.size())
                                + ")",
                        row -> row.getLong(1),
                        tasks.stream().map(Task::getName).toArray()))
                .orElse(0L);
        if (waiting > 0) {
            LOG.warning(() -> waiting + " tasks in " + table
                    + " wait for another server of this application: this one runs none, because " + reason);
        }
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

    /**
     * The name of its table without what all have in common: {@code job}, {@code delivery}, and {@code batch}, which
     * came first.
     */
    public String kind() {
        String kind = table.replaceFirst("^claude_", "").replaceFirst("_?task$", "");
        return kind.isEmpty() ? "batch" : kind;
    }

    /**
     * Tasks that are due and not running, on all servers.
     *
     * @param tasks how many
     * @param age how long the oldest has been due; zero if no task is due
     */
    public record Backlog(long tasks, Duration age) {}

    /**
     * Returns what is due and not running. One statement, which reads the due tasks' entries in the index on the time.
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

    /** Lets those that run finish, briefly, and then interrupts them. */
    void stop() {
        Scheduler started = scheduler;
        if (started != null) {
            started.stop();
        }
    }

    /**
     * Returns a condition for rows that have no task of one kind in this queue.
     *
     * @param id the row's column that is {@link TaskKey#id}
     * @param number the row's column that is {@link TaskKey#number}
     */
    String hasNoTask(Task<?> task, String id, String number) {
        String name = task.getName();
        return "not exists (select 1 from " + table + " t where t.task_name in ('" + name + "', '"
                + LegacyTasks.name(name) + "') and t.task_instance = " + id + " || '/' || " + number + ")";
    }

    /**
     * Schedules a task for each row that needs one and has none.
     *
     * @param id the row's column that is {@link TaskKey#id}
     * @param number the row's column that is {@link TaskKey#number}
     * @param rows the query from {@code from} on, with a condition whose one parameter is the application
     * @param when by the wall clock
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
     * Schedules within a transaction of the caller's: what is rolled back is never run. Existing ones stay as they are.
     *
     * @param when by the wall clock
     */
    public void schedule(Connection transaction, Task<?> task, TaskKey key, Instant when) throws SQLException {
        try {
            SchedulerClient.Builder.create(OneConnection.of(transaction))
                    .tableName(table)
                    .jdbcCustomization(database.dialect())
                    .build()
                    .scheduleIfNotExists(task.instance(key.toString()), when);
        } catch (RuntimeException e) {
            // To the caller it is the database that failed, as it may in any other statement.
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

    /** Has a task run as soon as may be; one that is running or not there is left alone. */
    public void hurry(Task<?> task, TaskKey key, Instant now) {
        try {
            scheduler.reschedule(task.instance(key.toString()), now);
            look();
        } catch (RuntimeException e) {
            // It is running just now, or has gone; either way it will have seen what there is to see.
            LOG.log(Level.FINE, e, () -> "Not hurried: " + key);
        }
    }

    /** Looks for what is due now and not at the next poll. */
    public void look() {
        Scheduler started = scheduler;
        if (started != null) {
            started.triggerCheckForDueExecutions();
        }
    }
}
