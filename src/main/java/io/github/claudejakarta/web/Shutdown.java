package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The shutdown of this application: steps in order, each with a time limit, run once. It runs while clients and the
 * database can still be reached. {@code @PreDestroy} methods run too late for that.
 *
 * <p>Safe for use by many threads.
 */
public final class Shutdown {

    private static final Logger LOG = Logger.getLogger(Shutdown.class.getName());
    private static final int UNAVAILABLE = 503;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    /** A step of the shutdown, and how long it may take. The next step begins in any case. */
    public enum Step {
        /** Ends all requests that clients wait for, with an error or with the state so far. */
        END_REQUESTS(Duration.ofSeconds(2)),
        /** Waits until clients have received their last bytes. */
        AWAIT_CLIENTS(Duration.ofSeconds(6)),
        /** Closes the connections of clients that did not read. */
        CUT_CLIENTS(Duration.ofSeconds(1)),
        /** Returns tasks to their queues. */
        STOP_TASKS(Duration.ofSeconds(8)),
        /** Writes data that is only in memory to the database. */
        SAVE(Duration.ofSeconds(3));

        private final Duration limit;

        Step(Duration limit) {
            this.limit = limit;
        }

        /** Returns the time limit of the step. */
        public Duration limit() {
            return limit;
        }
    }

    private final ThreadFactory threads;
    private final Map<Step, List<Runnable>> actions = new EnumMap<>(Step.class);
    private final AtomicBoolean hasBegun = new AtomicBoolean();
    private final CountDownLatch finished = new CountDownLatch(1);

    /**
     * Creates the shutdown.
     *
     * @param threads managed threads, because actions use beans
     */
    public Shutdown(ThreadFactory threads) {
        this.threads = threads;
        for (Step step : Step.values()) {
            actions.put(step, new CopyOnWriteArrayList<>());
        }
    }

    /**
     * Adds an action to a step. The actions of a step run concurrently, and are interrupted when the step's time limit
     * has expired.
     */
    public void on(Step step, Runnable action) {
        actions.get(step).add(action);
    }

    /** Whether the shutdown has begun. From then on no work is accepted. */
    public boolean hasBegun() {
        return hasBegun.get();
    }

    /**
     * Returns the error for requests that arrive during the shutdown and for requests that it ends: 503 with
     * {@code retry-after}.
     */
    public static ClaudeException refusal() {
        return ClaudeException.of(
                        UNAVAILABLE,
                        ErrorType.API,
                        "This server is shutting down. Retry in " + RETRY_AFTER.toSeconds() + " s.")
                .withRetryAfter(RETRY_AFTER);
    }

    /**
     * Runs all steps and returns when they are done or their time has expired. The first caller runs them; other
     * callers wait for it.
     */
    public void run() {
        try {
            if (hasBegun.compareAndSet(false, true)) {
                runSteps();
            } else {
                finished.await(longest().toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration longest() {
        return List.of(Step.values()).stream().map(Step::limit).reduce(Duration.ZERO, Duration::plus);
    }

    private void runSteps() throws InterruptedException {
        long began = System.nanoTime();
        LOG.info("Shutting down: ending streams, returning jobs to the queue");
        try {
            for (Step step : Step.values()) {
                run(step);
            }
        } finally {
            finished.countDown();
        }
        LOG.info(() -> "Shut down in " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) + " ms");
    }

    private void run(Step step) throws InterruptedException {
        long deadline = System.nanoTime() + step.limit.toNanos();
        // Each action has its own thread, so that an action that hangs does not delay the others.
        List<Thread> running =
                actions.get(step).stream().map(action -> started(step, action)).toList();
        for (Thread thread : running) {
            TimeUnit.NANOSECONDS.timedJoin(thread, deadline - System.nanoTime());
        }
        List<Thread> late = running.stream().filter(Thread::isAlive).toList();
        if (!late.isEmpty()) {
            LOG.warning(() -> "The shutdown step " + step + " did not finish within " + step.limit.toSeconds()
                    + " s. The shutdown continues without it.");
            late.forEach(Thread::interrupt);
        }
    }

    private Thread started(Step step, Runnable action) {
        Thread thread = threads.newThread(() -> run(step, action));
        thread.setName("claude-shutdown");
        thread.start();
        return thread;
    }

    private static void run(Step step, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "An action of the shutdown step " + step + " failed", e);
        }
    }
}
