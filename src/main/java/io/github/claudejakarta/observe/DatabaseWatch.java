package io.github.claudejakarta.observe;

import io.github.claudejakarta.batch.BatchManagerBean;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.TaskQueue;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Checks the database in the background, so that health checks and metrics never wait for a database that hangs. */
@ApplicationScoped
public class DatabaseWatch {

    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(2);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);
    /** The database counts as unavailable if its last answer is older. */
    private static final Duration MAX_AGE = Duration.ofSeconds(10);

    @Inject
    private Database database;

    @Inject
    private DurableTasks tasks;

    @Inject
    @Any
    private Instance<TaskQueue> queues;

    @Inject
    private BatchManagerBean batches;

    private DurableTasks.Repeated checks = () -> {};
    private volatile Map<String, TaskQueue.Backlog> backlogs = Map.of();
    private volatile OptionalLong unresolvedParts = OptionalLong.empty();
    private volatile long answeredAt = System.nanoTime();
    private volatile boolean isAnswering = true;

    void onStart(@Observes @Initialized(ApplicationScoped.class) Object event) {
        checks = tasks.every(CHECK_INTERVAL, this::check);
    }

    private void check() {
        boolean answers = database.answers(ANSWER_LIMIT);
        isAnswering = answers;
        if (answers) {
            answeredAt = System.nanoTime();
            var counted = new TreeMap<String, TaskQueue.Backlog>();
            queues.forEach(queue -> counted.put(queue.kind(), queue.backlog()));
            backlogs = counted;
            unresolvedParts = OptionalLong.of(batches.unresolvedParts());
        } else {
            // The values are unknown. Older values would look like current ones.
            backlogs = Map.of();
            unresolvedParts = OptionalLong.empty();
        }
    }

    /** Returns whether the database answered in the last 10 seconds, and at the last check. */
    boolean isUp() {
        return database.isOpen() && isAnswering && System.nanoTime() - answeredAt < MAX_AGE.toNanos();
    }

    /** Returns whether the server has tried to open the database since its start, with or without success. */
    boolean isTried() {
        return database.isTried();
    }

    /** Returns the reason why the database needs a restart of the server; empty if it does not. */
    Optional<String> needsRestart() {
        return database.needsRestart();
    }

    /** Returns the error that prevents this application from using the database; empty if there is no error. */
    Optional<String> fault() {
        return tasks.fault();
    }

    /**
     * Returns the tasks that were due and not running at the last check, by kind; empty while the database is
     * unavailable.
     */
    Map<String, TaskQueue.Backlog> queues() {
        return backlogs;
    }

    /** Returns the number of unresolved parts of batches at the last check; empty while the database is unavailable. */
    OptionalLong unresolvedParts() {
        return unresolvedParts;
    }

    @PreDestroy
    void close() {
        checks.close();
    }
}
