package io.github.claudejakarta.runtime;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The threads that serve requests and run streams, from a managed thread factory of the server. Each request, each
 * running stream and each watching client has one, because each may block. A task gets the context of the thread that
 * submits it. An idle thread waits a minute for the next task.
 *
 * <p>Safe for use by many threads.
 */
public final class WorkerThreads implements Executor, AutoCloseable {

    private static final long IDLE_SECONDS = 60;
    private static final long CLOSE_SECONDS = 2;
    private static final int SHORT_TASKS = 64;
    /** The number of threads that wait for a client's message, in addition to the limit. */
    private static final int MAX_LISTENERS = 2_000;

    private final ThreadPoolExecutor pool;
    private final Semaphore permits;
    private final Semaphore listeners;
    private final int limit;
    private final UnaryOperator<Runnable> context;
    private final Function<Throwable, ? extends RuntimeException> rejection;

    /**
     * Creates the pool.
     *
     * @param limit the number of tasks that run at the same time
     * @param context gives a task the context of the thread that submits it, for example its span
     * @param rejection creates the exception for a task that gets no thread, from the cause, which may be null
     */
    public WorkerThreads(
            ThreadFactory factory,
            int limit,
            UnaryOperator<Runnable> context,
            Function<Throwable, ? extends RuntimeException> rejection) {
        this.context = context;
        this.rejection = rejection;
        this.limit = limit;
        this.permits = new Semaphore(limit);
        this.listeners = new Semaphore(limit + MAX_LISTENERS);
        this.pool = new ThreadPoolExecutor(
                0,
                2 * limit + MAX_LISTENERS + SHORT_TASKS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                factory);
    }

    /**
     * Runs a task with the context of the calling thread.
     *
     * @throws RuntimeException the rejection, if all threads are busy or the server stops
     */
    @Override
    public void execute(Runnable task) {
        executeWithContext(withContext(task));
    }

    /**
     * Returns a task with the context of the calling thread. The caller {@linkplain #executeWithContext executes} it
     * later, or {@linkplain #reject rejects} it.
     */
    public Runnable withContext(Runnable task) {
        return context.apply(task);
    }

    /**
     * Runs a task that {@link #withContext} returned.
     *
     * @throws RuntimeException the rejection, if all threads are busy or the server stops; the task is rejected too
     */
    public void executeWithContext(Runnable task) {
        if (!permits.tryAcquire()) {
            reject(task);
            throw rejection.apply(null);
        }
        try {
            executeShort(() -> {
                try {
                    task.run();
                } finally {
                    permits.release();
                }
            });
        } catch (RuntimeException e) {
            permits.release();
            reject(task);
            throw e;
        }
    }

    /**
     * Runs a task that waits for messages of the client of a socket. These tasks do not count towards the limit.
     *
     * @throws RuntimeException the rejection, if too many tasks wait or the server stops
     */
    public void listen(Runnable task) {
        if (!listeners.tryAcquire()) {
            throw rejection.apply(null);
        }
        try {
            executeShort(() -> {
                try {
                    task.run();
                } finally {
                    listeners.release();
                }
            });
        } catch (RuntimeException e) {
            listeners.release();
            throw e;
        }
    }

    /** Returns the number of tasks that have a thread or are about to get one. */
    public int used() {
        return limit - permits.availablePermits();
    }

    /** Returns the number of tasks that can run at the same time. */
    public int limit() {
        return limit;
    }

    /** Notifies a task from {@link #withContext} that it will not be executed. */
    public static void reject(Runnable task) {
        if (task instanceof RejectableTask rejectable) {
            rejectable.rejected();
        }
    }

    /** A task that is notified if it is not executed. */
    public interface RejectableTask extends Runnable {

        /** Called instead of {@link #run}. */
        void rejected();
    }

    /**
     * Runs a short task, for example a heartbeat or a closing frame. Short tasks have a few threads of their own, so
     * that a server at its limit still detects clients that have left.
     *
     * @throws RuntimeException the rejection, if these threads are busy too
     */
    public void executeShort(Runnable task) {
        try {
            pool.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            // The JVM throws OutOfMemoryError when the system refuses another thread.
            throw rejection.apply(e);
        }
    }

    /**
     * Waits until no task runs.
     *
     * @return whether no task runs; false if the time expired
     */
    public boolean awaitIdle(Duration limit) {
        try {
            if (permits.tryAcquire(this.limit, limit.toMillis(), TimeUnit.MILLISECONDS)) {
                permits.release(this.limit);
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    /** Waits two seconds for running tasks, and then interrupts them. */
    @Override
    public void close() {
        pool.shutdown();
        try {
            if (!pool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                pool.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            pool.shutdownNow();
        }
    }
}
