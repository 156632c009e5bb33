package io.github.claudejakarta.durable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Keeps out of the log what db-scheduler says of an outage: it logs a stack trace for each poll, heartbeat and task
 * that fails, several in a second. What it says is reported to {@link Availability}, which logs the outage once.
 * Anything else passes, and so does what another application's db-scheduler logs: only threads of {@link #marked} are
 * looked at.
 *
 * <p>Safe for use by many threads.
 */
final class SchedulerLog implements Filter, AutoCloseable {

    private static final String SCHEDULER = "com.github.kagkarlsson.scheduler.";
    private static final String JDBC = "com.github.kagkarlsson.shaded.jdbc.";
    /** A filter goes for one logger, and not for those below it. */
    private static final List<String> NAMES = List.of(
            SCHEDULER + "Scheduler",
            SCHEDULER + "SchedulerClient",
            SCHEDULER + "Executor",
            SCHEDULER + "ExecutePicked",
            SCHEDULER + "RunUntilShutdown",
            SCHEDULER + "RunAndLogErrors",
            SCHEDULER + "FetchCandidates",
            SCHEDULER + "LockAndFetchCandidates",
            SCHEDULER + "ImmediateCheckForDueExecutions",
            SCHEDULER + "DueExecutionsBatch",
            SCHEDULER + "jdbc.JdbcTaskRepository",
            SCHEDULER + "task.FailureHandler",
            SCHEDULER + "task.CompletionHandler",
            SCHEDULER + "task.DeadExecutionHandler",
            SCHEDULER + "event.SchedulerListeners",
            JDBC + "JdbcRunner",
            JDBC + "TransactionManager");
    /** Whose threads these are, where several applications in one server have their own. */
    private static final ThreadLocal<SchedulerLog> OF_THREAD = new ThreadLocal<>();

    private final Availability availability;
    private final List<Filtered> filtered = new ArrayList<>();
    private volatile boolean isClosed;

    SchedulerLog(Availability availability) {
        this.availability = availability;
    }

    /** A logger, which nobody else may hold on to, and the filter that it had. */
    private record Filtered(Logger logger, Filter before, Filter now) {}

    synchronized void open() {
        if (filtered.isEmpty()) {
            for (String name : NAMES) {
                Logger logger = Logger.getLogger(name);
                Filter before = logger.getFilter();
                Filter now = record -> isLoggable(record) && (before == null || before.isLoggable(record));
                logger.setFilter(now);
                filtered.add(new Filtered(logger, before, now));
            }
        }
    }

    /** Makes threads of our queues. */
    ThreadFactory marked(ThreadFactory threads) {
        return work -> threads.newThread(() -> {
            OF_THREAD.set(this);
            try {
                work.run();
            } finally {
                OF_THREAD.remove();
            }
        });
    }

    @Override
    public boolean isLoggable(LogRecord record) {
        if (isClosed || OF_THREAD.get() != this) {
            return true;
        }
        Throwable thrown = record.getThrown();
        if (thrown != null && Outage.isLost(thrown)) {
            availability.failed(thrown, availability.ended());
            return false;
        }
        return !(availability.isAway() && (thrown == null || Outage.isOfDatabase(thrown)));
    }

    /** Where another application has put its filter before ours meanwhile, ours stays and lets everything pass. */
    @Override
    public synchronized void close() {
        isClosed = true;
        for (Filtered one : filtered) {
            if (one.logger().getFilter() == one.now()) {
                one.logger().setFilter(one.before());
            }
        }
        filtered.clear();
    }
}
