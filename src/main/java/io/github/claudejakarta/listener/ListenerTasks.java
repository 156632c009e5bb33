package io.github.claudejakarta.listener;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.server.TransactionRunner;
import io.github.claudejakarta.web.Internal;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.control.RequestContextController;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Function;

/**
 * Calls the application's listeners when jobs and batches have ended, at least once each.
 *
 * <p>Safe for use by many threads.
 */
@ApplicationScoped
public class ListenerTasks {

    /** The maximum number of listeners that run at one time on this server. */
    private static final int THREADS = 4;

    private static final Duration HOUSEKEEPING = Duration.ofHours(1);

    private final ListenerCounts counts = new ListenerCounts();
    private final Map<String, Listeners<?>> kinds = new ConcurrentHashMap<>();
    private TaskQueue queue;
    private CallStore store;
    private CallRunner runner;
    private Task<Void> call;
    private volatile Instance<RequestContextController> requests;

    /** Creates the instance that the container's proxy needs. */
    protected ListenerTasks() {}

    @Inject
    public ListenerTasks(Database database, TransactionRunner transactions, @Internal Clock clock) {
        this(database, transactions, clock, () -> ThreadLocalRandom.current().nextDouble());
    }

    @SuppressWarnings("this-escape") // The queue runs it after the start.
    ListenerTasks(Database database, TransactionRunner transactions, Clock clock, DoubleSupplier chance) {
        this.queue = new TaskQueue(database, "claude_listener_task", THREADS);
        this.store = new CallStore(database, queue, clock);
        this.runner = new CallRunner(store, kinds, work -> transactions.run(() -> inRequest(work)), chance, counts);
        this.call = queue.add("claude-listener", runner::run);
        queue.addRecurring("claude-listener-all", HOUSEKEEPING, () -> store.callAll(call));
    }

    /** Activates the CDI request context for listeners, so that they can use request-scoped beans. */
    @Inject
    void setRequestControllers(Instance<RequestContextController> controllers) {
        requests = controllers;
    }

    private void inRequest(TransactionRunner.Work work) throws Exception {
        Instance<RequestContextController> controllers = requests;
        if (controllers == null || !controllers.isResolvable()) {
            work.run();
            return;
        }
        RequestContextController request = controllers.get();
        boolean isActivated = request.activate();
        try {
            work.run();
        } finally {
            if (isActivated) {
                request.deactivate();
            }
            controllers.destroy(request);
        }
    }

    /**
     * Adds the listeners for objects of one kind, such as jobs.
     *
     * @param kind name of the kind, at most 16 characters
     * @param find returns the object that ended, as it is now; empty if it runs again or was deleted
     */
    public <T> Listeners<T> add(String kind, Map<String, Listener<T>> listeners, Function<String, Optional<T>> find) {
        var added = new Listeners<>(kind, listeners, find, store, queue, call);
        kinds.put(kind, added);
        return added;
    }

    /** Returns the counts of calls since the start. */
    public ListenerCounts counts() {
        return counts;
    }

    /** Returns the queue that makes the calls. */
    @Produces
    TaskQueue queue() {
        return queue;
    }

    CallRunner runner() {
        return runner;
    }

    CallStore store() {
        return store;
    }

    Task<Void> task() {
        return call;
    }

    /**
     * Returns an SQL condition for rows without a pending call of a listener.
     *
     * @param subject the column of the row with the id of the object that ended
     */
    public static String hasNoPendingCall(String subject) {
        return "not exists (select 1 from claude_listener_call l where l.subject = " + subject
                + " and l.status = 'pending')";
    }

    /** Removes all calls about an object that is removed, in the caller's transaction. */
    public static void forget(Connection transaction, String subject) throws SQLException {
        CallStore.forget(transaction, subject);
    }
}
