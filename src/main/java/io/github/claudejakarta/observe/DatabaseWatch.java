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

/** Asks the database in the background, so that whoever wants to know how it is never waits for one that hangs. */
@ApplicationScoped
public class DatabaseWatch {

    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    /** Without an answer for so long it counts as away. */
    private static final Duration STALE = Duration.ofSeconds(10);

    @Inject
    private Database database;

    @Inject
    private DurableTasks tasks;

    @Inject
    @Any
    private Instance<TaskQueue> queues;

    @Inject
    private BatchManagerBean batches;

    private DurableTasks.Repeated watching = () -> {};
    private volatile Map<String, TaskQueue.Backlog> waiting = Map.of();
    private volatile OptionalLong unresolvedParts = OptionalLong.empty();
    private volatile long answeredAt = System.nanoTime();
    private volatile boolean isAnswering = true;

    void onStart(@Observes @Initialized(ApplicationScoped.class) Object event) {
        watching = tasks.every(PAUSE, this::look);
    }

    private void look() {
        boolean answers = database.answers(PATIENCE);
        isAnswering = answers;
        if (answers) {
            answeredAt = System.nanoTime();
            var counted = new TreeMap<String, TaskQueue.Backlog>();
            queues.forEach(queue -> counted.put(queue.kind(), queue.backlog()));
            waiting = counted;
            unresolvedParts = OptionalLong.of(batches.unresolvedParts());
        } else {
            // Nobody knows; what was so a while ago would look like what is.
            waiting = Map.of();
            unresolvedParts = OptionalLong.empty();
        }
    }

    /** Whether it answered a moment ago. */
    boolean isUp() {
        return database.isOpen() && isAnswering && System.nanoTime() - answeredAt < STALE.toNanos();
    }

    /** Whether it was looked for since the start, and found or not. */
    boolean isTried() {
        return database.isTried();
    }

    /** Why only a restart makes the database reliable again; empty as long as that is not so. */
    Optional<String> needsRestart() {
        return database.needsRestart();
    }

    /** The error by which this application cannot use the database; empty while there is none. */
    Optional<String> fault() {
        return tasks.fault();
    }

    /** Tasks that were due a moment ago and not running, by their kind. */
    Map<String, TaskQueue.Backlog> queues() {
        return waiting;
    }

    /** Parts of batches that waited for a person a moment ago; empty while the database is away. */
    OptionalLong unresolvedParts() {
        return unresolvedParts;
    }

    @PreDestroy
    void close() {
        watching.close();
    }
}
