package io.github.claudejakarta.listener;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Lease;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.server.TransactionRunner;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/** Makes calls of listeners under the control of a test. */
public final class TestListeners {

    public static final int MAX_ATTEMPTS = CallRunner.MAX_ATTEMPTS;

    private TestListeners() {}

    /** Creates tasks with the shortest waits that the jitter allows. */
    public static ListenerTasks of(Database database, TransactionRunner transactions, Clock clock) {
        return new ListenerTasks(database, transactions, clock, () -> 0);
    }

    public static Optional<Instant> step(ListenerTasks calls, TaskKey key, Lease lease) {
        return calls.runner().run(key, lease);
    }

    public static void callAll(ListenerTasks calls) {
        calls.store().callAll(calls.task());
    }
}
