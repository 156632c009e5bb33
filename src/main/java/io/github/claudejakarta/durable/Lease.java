package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.task.ExecutionContext;
import java.time.Duration;
import java.time.Instant;

/**
 * The right to run a task. It lasts as long as the heartbeat reaches the database. A server that cannot write its
 * heartbeat is soon declared dead, although it may only have lost its connection. It must stop the task before another
 * server starts it.
 *
 * <p>Safe for use by many threads.
 */
public interface Lease {

    /**
     * The fraction of the take-over time without a heartbeat after which a lease is lost. It is less than 1, so that
     * the work stops before another server starts it.
     */
    double LOST_FRACTION = 2.0 / 3;

    /**
     * Returns whether heartbeats have failed for so long that another server has taken over the task, or soon will. A
     * lost lease stays lost.
     */
    boolean isLost();

    /** Marks the lease as lost, because another server already has the task. */
    void markLost();

    /** Returns whether this server is stopping. A failure during a stop is a consequence of the stop. */
    boolean isStopping();

    /**
     * Returns a number that increases each time a server starts to run the task. A store can reject writes with an
     * earlier number: they are from a server that was declared dead.
     */
    long token();

    /**
     * Returns the lease of a task that starts.
     *
     * @param now by the clock that heartbeats are written by
     * @param takenOver time without a heartbeat after which another server takes over
     */
    static Lease of(ExecutionContext context, Instant now, Duration takenOver) {
        // The task was picked some time ago and starts only now: this server hung in between, and no heartbeat was
        // written.
        Instant picked = context.getExecution().lastHeartbeat;
        boolean hasHung =
                picked != null && Duration.between(picked, now).toMillis() > (1 - LOST_FRACTION) * takenOver.toMillis();
        return new Lease() {

            private volatile boolean isLost = hasHung;

            @Override
            public boolean isLost() {
                // A lost lease stays lost even if the next heartbeat succeeds, because the work that was stopped is not
                // resumed.
                isLost = isLost
                        || context.getCurrentlyExecuting().getHeartbeatState().getFractionDead() > LOST_FRACTION;
                return isLost;
            }

            @Override
            public void markLost() {
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
