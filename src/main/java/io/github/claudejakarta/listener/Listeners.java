package io.github.claudejakarta.listener;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.durable.TaskQueue;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The listeners for objects of one kind, such as jobs.
 *
 * <p>Safe for use by many threads.
 *
 * @param <T> type of the object that ends
 */
public final class Listeners<T> {

    private final String kind;
    private final Map<String, Listener<T>> listeners;
    private final Function<String, Optional<T>> find;
    private final CallStore store;
    private final TaskQueue queue;
    private final Task<Void> call;

    Listeners(
            String kind,
            Map<String, Listener<T>> listeners,
            Function<String, Optional<T>> find,
            CallStore store,
            TaskQueue queue,
            Task<Void> call) {
        this.kind = kind;
        this.listeners = Map.copyOf(listeners);
        this.find = find;
        this.store = store;
        this.queue = queue;
        this.call = call;
    }

    /**
     * Stores a call of each listener in the caller's transaction. After the commit, {@link #callDue} makes the calls
     * immediately.
     */
    public void ended(Connection transaction, String subject) throws SQLException {
        for (String listener : listeners.keySet()) {
            store.add(transaction, kind, subject, listener, call);
        }
    }

    /** Makes due calls now, instead of at the next poll. */
    public void callDue() {
        if (!listeners.isEmpty()) {
            queue.checkDue();
        }
    }

    /**
     * Repeats the dead calls for an object that ended.
     *
     * @return the number of these calls
     */
    public int retry(String subject) {
        int count = store.retry(subject, call);
        queue.checkDue();
        return count;
    }

    boolean has(String listener) {
        return listeners.containsKey(listener);
    }

    /** Returns the object that ended, as it is now; empty if it runs again or was deleted. */
    Optional<T> find(String subject) {
        return find.apply(subject);
    }

    void call(String listener, T ended) throws Exception {
        listeners.get(listener).onEnd(ended);
    }
}
