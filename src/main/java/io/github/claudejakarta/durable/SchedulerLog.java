package io.github.claudejakarta.durable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Removes db-scheduler's messages about an outage from the log. Without this filter db-scheduler logs a stack trace for
 * each poll, heartbeat and task that fails, several per second. The filter reports the failures to
 * {@link Availability}, which logs the outage once. Other messages pass. The filter looks only at threads of
 * {@link #markThreads}, so messages of another application's db-scheduler pass too.
 *
 * <p>Safe for use by many threads.
 */
final class SchedulerLog implements Filter, AutoCloseable {

    private static final String SCHEDULER = "com.github.kagkarlsson.scheduler.";
    private static final String JDBC = "com.github.kagkarlsson.shaded.jdbc.";
    /** A filter applies to one logger and not to its children, so each logger is listed. */
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
    /** The filter whose thread this is. Several applications in one server each have their own. */
    private static final ThreadLocal<SchedulerLog> CURRENT = new ThreadLocal<>();

    private final Availability availability;
    private final List<Filtered> filtered = new ArrayList<>();
    private volatile boolean isClosed;

    SchedulerLog(Availability availability) {
        this.availability = availability;
    }

    /** A logger and its filter before this class replaced it. The reference keeps the logger from being collected. */
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

    /** Returns a factory whose threads belong to the queues of this application. */
    ThreadFactory markThreads(ThreadFactory threads) {
        return work -> threads.newThread(() -> {
            CURRENT.set(this);
            try {
                work.run();
            } finally {
                CURRENT.remove();
            }
        });
    }

    @Override
    public boolean isLoggable(LogRecord record) {
        if (isClosed || CURRENT.get() != this) {
            return true;
        }
        Throwable thrown = record.getThrown();
        if (thrown != null && Outage.isLost(thrown)) {
            availability.reportFailure(thrown, availability.endedOutages());
            return false;
        }
        return !(availability.isAway() && (thrown == null || Outage.isOfDatabase(thrown)));
    }

    /**
     * Removes the filters. If another application has added its filter after ours, ours stays in place and lets every
     * message pass.
     */
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
