package io.github.claudejakarta.runtime;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A time limit for a task: an action runs once if the task has not ended by then. The {@link Watchdog} measures the
 * time, with a precision of a quarter of a second.
 *
 * <p>Safe for use by many threads.
 */
public final class Deadline implements Watchdog.Watched, AutoCloseable {

    private final Watchdog watchdog;
    private final Duration limit;
    private final AtomicBoolean hasEnded = new AtomicBoolean();
    private volatile long startedAt;
    private volatile Runnable expired = () -> {};

    /** Creates a time limit that has not started yet. */
    public Deadline(Watchdog watchdog, Duration limit) {
        this.watchdog = watchdog;
        this.limit = limit;
    }

    /**
     * Starts the time limit. It has no effect after {@link #close}.
     *
     * @param action run on the watchdog's thread when the limit has passed; it must not block
     */
    public void start(Runnable action) {
        expired = action;
        startedAt = watchdog.now();
        watchdog.watch(this);
        if (hasEnded.get()) {
            watchdog.forget(this);
        }
    }

    @Override
    public void check(long now) {
        if (Watchdog.isExceeded(startedAt, now, limit) && hasEnded.compareAndSet(false, true)) {
            watchdog.forget(this);
            expired.run();
        }
    }

    /** Ends the time limit: the action no longer runs. It has no effect after the limit has passed. */
    @Override
    public void close() {
        hasEnded.set(true);
        watchdog.forget(this);
    }

    /** Returns the limit as a message states it, for example {@code 1.5 s}. */
    public static String seconds(Duration limit) {
        return BigDecimal.valueOf(limit.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
    }
}
