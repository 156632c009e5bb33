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
 * The threads that serve requests and carry streams, from a managed factory of the server: one for each request, each
 * stream that runs and each client that watches, since each may block. A task gets the context of the thread that hands
 * it over. A thread that has finished is kept a minute for the next task.
 *
 * <p>Safe for use by many threads.
 */
public final class WorkerThreads implements Executor, AutoCloseable {

    private static final long KEPT_SECONDS = 60;
    private static final long GOODBYE_SECONDS = 2;
    private static final int ASIDE = 64;
    /** Sockets that are read and not served: their question has not arrived, or their end has not. */
    private static final int LISTENING = 2_000;

    private final ThreadPoolExecutor pool;
    private final Semaphore places;
    private final Semaphore listeners;
    private final int limit;
    private final UnaryOperator<Runnable> carrying;
    private final Function<Throwable, ? extends RuntimeException> rejection;

    /**
     * Creates threads.
     *
     * @param limit the number of tasks that run at the same time
     * @param carrying gives a task the context of the thread that hands it over, for example its span
     * @param rejection makes the exception for a task that gets no thread, from the cause, which may be null
     */
    public WorkerThreads(
            ThreadFactory factory,
            int limit,
            UnaryOperator<Runnable> carrying,
            Function<Throwable, ? extends RuntimeException> rejection) {
        this.carrying = carrying;
        this.rejection = rejection;
        this.limit = limit;
        this.places = new Semaphore(limit);
        this.listeners = new Semaphore(limit + LISTENING);
        this.pool = new ThreadPoolExecutor(
                0, 2 * limit + LISTENING + ASIDE, KEPT_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
    }

    /**
     * Runs a task with the context of the calling thread.
     *
     * @throws RuntimeException the rejection, if all threads are busy or the server stops
     */
    @Override
    public void execute(Runnable task) {
        executeCarried(carried(task));
    }

    /**
     * Returns a task with the context of the calling thread, to be {@linkplain #executeCarried executed} later, or
     * {@linkplain #reject rejected}.
     */
    public Runnable carried(Runnable task) {
        return carrying.apply(task);
    }

    /**
     * Runs a task that {@link #carried} has returned.
     *
     * @throws RuntimeException the rejection, if all threads are busy or the server stops; the task is rejected too
     */
    public void executeCarried(Runnable carried) {
        if (!places.tryAcquire()) {
            reject(carried);
            throw rejection.apply(null);
        }
        try {
            aside(() -> {
                try {
                    carried.run();
                } finally {
                    places.release();
                }
            });
        } catch (RuntimeException e) {
            places.release();
            reject(carried);
            throw e;
        }
    }

    /**
     * Runs a task that waits for messages of the client of a socket. Such threads do not count towards the limit.
     *
     * @throws RuntimeException the rejection, if there are too many, or the server stops
     */
    public void listen(Runnable task) {
        if (!listeners.tryAcquire()) {
            throw rejection.apply(null);
        }
        try {
            aside(() -> {
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

    /** Returns how many tasks have a thread now, or are about to get one. */
    public int used() {
        return limit - places.availablePermits();
    }

    /** Returns how many tasks can have a thread at the same time. */
    public int limit() {
        return limit;
    }

    /** Tells a task that {@link #carried} has returned that it will not be executed. */
    public static void reject(Runnable carried) {
        if (carried instanceof RejectableTask task) {
            task.rejected();
        }
    }

    /** A task that is notified if it is not executed. */
    public interface RejectableTask extends Runnable {

        /** The task will not be executed. */
        void rejected();
    }

    /**
     * Runs a short task, for example a sign of life to a client or a farewell. Such tasks have a few threads of their
     * own, so that a full server still finds out which clients have left.
     *
     * @throws RuntimeException the rejection, if these threads are busy too
     */
    public void aside(Runnable task) {
        try {
            pool.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            // The JVM says "out of memory" when the system gives it no more threads.
            throw rejection.apply(e);
        }
    }

    /**
     * Waits until no task runs.
     *
     * @return whether that is so; false if the time expired before
     */
    public boolean awaitIdle(Duration limit) {
        try {
            if (places.tryAcquire(this.limit, limit.toMillis(), TimeUnit.MILLISECONDS)) {
                places.release(this.limit);
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    /** Gives tasks that run a moment to finish, and then interrupts them. */
    @Override
    public void close() {
        pool.shutdown();
        try {
            if (!pool.awaitTermination(GOODBYE_SECONDS, TimeUnit.SECONDS)) {
                pool.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            pool.shutdownNow();
        }
    }
}
