package io.github.claudejakarta.web;

import jakarta.enterprise.event.Event;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Fires a CDI event for observers of both kinds. Observers with {@code @Observes} run on the calling thread, before
 * {@link #fire} returns. Observers with {@code @ObservesAsync} run on threads of the container, and the caller does not
 * wait for them.
 *
 * <p>The failure of an observer is logged and does not affect the caller. This includes an {@link AssertionError} and a
 * {@link LinkageError}, such as a class that is missing in the application.
 *
 * <p>Safe for use by many threads.
 *
 * @param <T> the event
 */
public final class Observers<T> {

    private static final Logger LOG = Logger.getLogger(Observers.class.getName());

    private final Event<T> event;

    public Observers(Event<T> event) {
        this.event = event;
    }

    /**
     * Fires the event for observers of both kinds.
     *
     * @param subject the id of the resource that the event is about, for the log
     */
    public void fire(T payload, String subject) {
        fireAsync(payload, subject);
        fireSync(payload, subject);
    }

    /** Fires the event for observers with {@code @Observes}. */
    public void fireSync(T payload, String subject) {
        try {
            event.fire(payload);
        } catch (RuntimeException | LinkageError | AssertionError e) {
            logFailure(payload, subject, e);
        }
    }

    /** Fires the event for observers with {@code @ObservesAsync}. */
    public void fireAsync(T payload, String subject) {
        try {
            event.fireAsync(payload).whenComplete((fired, failure) -> {
                if (failure != null) {
                    logFailure(payload, subject, failure);
                }
            });
        } catch (RuntimeException | LinkageError | AssertionError e) {
            logFailure(payload, subject, e);
        }
    }

    private static void logFailure(Object payload, String subject, Throwable failure) {
        LOG.log(
                Level.WARNING,
                failure,
                () -> "An observer of " + payload.getClass().getSimpleName() + " of " + subject + " failed");
    }
}
