package io.github.claudejakarta.listener;

import io.github.claudejakarta.durable.Lease;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.runtime.Backoff;
import io.github.claudejakarta.runtime.Jitter;
import io.github.claudejakarta.server.TransactionRunner;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Makes one attempt at a call in each run, and returns when the next one is due. */
final class CallRunner {

    private static final Logger LOG = Logger.getLogger(CallRunner.class.getName());
    /** With these waits the last attempt is about a day after the first. */
    static final int MAX_ATTEMPTS = 20;

    private static final Duration FIRST_WAIT = Duration.ofSeconds(5);
    private static final Duration MAX_WAIT = Duration.ofHours(2);
    private static final double JITTER = 0.25;
    /**
     * The interval of checks for a listener that this node lacks. Another node may have it, for example during an
     * upgrade.
     */
    private static final Duration MISSING_INTERVAL = Duration.ofMinutes(1);

    private static final Duration MISSING = Duration.ofDays(1);

    private final CallStore store;
    private final Map<String, Listeners<?>> kinds;
    private final TransactionRunner transactions;
    private final Backoff backoff;
    private final ListenerCounts counts;

    /** @param kinds the listeners by the name of their kind; kinds may be added later */
    CallRunner(
            CallStore store,
            Map<String, Listeners<?>> kinds,
            TransactionRunner transactions,
            DoubleSupplier chance,
            ListenerCounts counts) {
        this.store = store;
        this.kinds = kinds;
        this.transactions = transactions;
        this.backoff = new Backoff(FIRST_WAIT, MAX_WAIT, Jitter.longer(JITTER, chance));
        this.counts = counts;
    }

    /**
     * Makes one attempt at a call.
     *
     * @return when the next run is due; empty if none is
     */
    Optional<Instant> run(TaskKey key, Lease lease) {
        Optional<CallStore.Due> due = store.due(key);
        if (due.isEmpty()) {
            return Optional.empty();
        }
        Listeners<?> kind = kinds.get(due.get().kind());
        return kind != null && kind.has(due.get().listener()) ? run(due.get(), kind, lease) : handleMissing(due.get());
    }

    private <T> Optional<Instant> run(CallStore.Due due, Listeners<T> kind, Lease lease) {
        Optional<T> ended = kind.find(due.subject());
        if (ended.isEmpty()) {
            // The job or batch runs again, and the listener is called for its next end; or it was deleted.
            store.remove(due.key());
            return Optional.empty();
        }
        try {
            transactions.run(() -> kind.call(due.listener(), ended.get()));
        } catch (Throwable e) {
            // Errors too: a class of the application may be missing, and a later version of the application may have
            // it.
            boolean isInterrupted = Thread.interrupted();
            if (isInterrupted || lease.isStopping()) {
                return Optional.of(store.now());
            }
            return handleFailure(due, e);
        }
        // A late interrupt must not reach the database: H2 closes a database whose thread is interrupted.
        Thread.interrupted();
        store.remove(due.key());
        counts.add(ListenerCounts.Outcome.DONE);
        return Optional.empty();
    }

    private Optional<Instant> handleFailure(CallStore.Due due, Throwable failure) {
        int failures = due.failures() + 1;
        if (failures >= MAX_ATTEMPTS) {
            store.markDead(due.key(), problem(failure));
            counts.add(ListenerCounts.Outcome.DEAD);
            LOG.log(
                    Level.SEVERE,
                    failure,
                    () -> "Listener " + due.listener() + " failed " + failures + " times for the end of "
                            + due.subject()
                            + " and is not called again for it. After the cause is removed, call retryListeners(\""
                            + due.subject() + "\")");
            return Optional.empty();
        }
        store.markFailed(due.key(), problem(failure));
        counts.add(ListenerCounts.Outcome.FAILED);
        Duration wait = backoff.wait(failures);
        LOG.log(
                Level.WARNING,
                failure,
                () -> "Listener " + due.listener() + " failed for the end of " + due.subject() + ", attempt " + failures
                        + " of " + MAX_ATTEMPTS + ". The next attempt is in " + wait.toSeconds() + " s");
        return Optional.of(store.now().plus(wait));
    }

    /**
     * Describes a failure. The toString() of an application's exception may return null or throw; the failure still
     * counts.
     */
    private static String problem(Throwable failure) {
        try {
            return String.valueOf((Object) failure.toString());
        } catch (RuntimeException | Error e) {
            return failure.getClass().getName();
        }
    }

    private Optional<Instant> handleMissing(CallStore.Due due) {
        Instant now = store.now();
        if (due.missingSince()
                .filter(since -> since.plus(MISSING).isBefore(now))
                .isPresent()) {
            store.remove(due.key());
            counts.add(ListenerCounts.Outcome.DROPPED);
            LOG.warning(() -> "No node of this application has had the listener " + due.listener()
                    + " for a day. It is not called for the end of " + due.subject());
            return Optional.empty();
        }
        if (due.missingSince().isEmpty()) {
            store.markMissing(due.key());
            LOG.info(() -> "This node has no listener " + due.listener() + ", which is to be called for the end of "
                    + due.subject() + ". Another node may have it");
        }
        return Optional.of(now.plus(MISSING_INTERVAL));
    }
}
