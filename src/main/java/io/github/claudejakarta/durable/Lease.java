package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.task.ExecutionContext;
import java.time.Duration;
import java.time.Instant;

/**
 * The right to run a task, which lasts as long as the heartbeat reaches the database. A server whose does not any more
 * is about to be taken for dead, and has to leave off before another begins: it may be alive and merely cut off.
 *
 * <p>Safe for use by many threads.
 */
public interface Lease {

    /**
     * The share of the take-over time after which a lease counts as lost: early enough to stop the work before another
     * server begins it.
     */
    double LOST = 2.0 / 3;

    /**
     * Whether this long no heartbeat has come through that others will soon take over, or have. Once it is lost it
     * stays so.
     */
    boolean isLost();

    /** Leaves the task to others: they have it already. */
    void leave();

    /** Whether this server stops, so that what fails now fails for that reason. */
    boolean isStopping();

    /**
     * Grows each time that somebody begins to run the task. Who writes something down with it can refuse those who come
     * with an earlier one: they were taken for dead.
     */
    long token();

    /**
     * The lease of a task that begins to run.
     *
     * @param now by the clock that heartbeats are written by
     * @param takenOver after how long without a heartbeat others take over
     */
    static Lease of(ExecutionContext context, Instant now, Duration takenOver) {
        // Picked some time ago, and begun only now: this server hung in between, and its heartbeats have not begun yet.
        Instant picked = context.getExecution().lastHeartbeat;
        boolean hasHung =
                picked != null && Duration.between(picked, now).toMillis() > (1 - LOST) * takenOver.toMillis();
        return new Lease() {

            private volatile boolean isLost = hasHung;

            @Override
            public boolean isLost() {
                // For good, although the next heartbeat may come through: what was left off for it is not taken up
                // again.
                isLost = isLost
                        || context.getCurrentlyExecuting().getHeartbeatState().getFractionDead() > LOST;
                return isLost;
            }

            @Override
            public void leave() {
                isLost = true;
            }

            @Override
            public boolean isStopping() {
                return context.getSchedulerState().isShuttingDown();
            }

            @Override
            public long token() {
                return context.getExecution().version;
            }
        };
    }
}
