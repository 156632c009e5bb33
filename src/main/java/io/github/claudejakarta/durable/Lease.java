package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.task.ExecutionContext;

/**
 * The right to run a task, which lasts as long as the heartbeat reaches the database. A server whose does not any more is about to be taken
 * for dead, and has to leave off before another begins: it may be alive and merely cut off.
 */
public interface Lease {

    /** Well before others take over, so that there is time to leave off, and clocks need not agree to the second. */
    double LOST = 2.0 / 3;

    /** Whether this long no heartbeat has come through that others will soon take over, or have. */
    boolean isLost();

    /** Whether this server stops, so that what fails now fails for that reason. */
    boolean isStopping();

    static Lease of(ExecutionContext context) {
        return new Lease() {

            private volatile boolean isLost;

            @Override
            public boolean isLost() {
                // For good, although the next heartbeat may come through: what was left off for it is not taken up again.
                isLost = isLost || context.getCurrentlyExecuting().getHeartbeatState().getFractionDead() > LOST;
                return isLost;
            }

            @Override
            public boolean isStopping() {
                return context.getSchedulerState().isShuttingDown();
            }
        };
    }
}
