package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * The threads that carry streams, from a managed factory of the server: one for each stream that runs and each client
 * that watches, since either may block. A thread that is done is kept a minute for the next one.
 */
public final class StreamThreads implements Executor, AutoCloseable {

    private static final long KEPT_SECONDS = 60;
    private static final long GOODBYE_SECONDS = 2;
    private static final int ASIDE = 64;
    /** Sockets that are read and not served: their question has not arrived, or their end has not. */
    private static final int LISTENING = 2_000;

    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);

    private final ThreadPoolExecutor pool;
    private final Semaphore places;
    private final Semaphore listeners;
    private final int limit;
    private final UnaryOperator<Runnable> carrying;

    /** @param limit streams and clients at once */
    public StreamThreads(ThreadFactory factory, int limit) {
        this(factory, limit, UnaryOperator.identity());
    }

    /**
     * @param limit streams and clients at once
     * @param carrying gives a task what belongs to the thread that hands it over, as the span it is in
     */
    public StreamThreads(ThreadFactory factory, int limit, UnaryOperator<Runnable> carrying) {
        this.carrying = carrying;
        this.limit = limit;
        this.places = new Semaphore(limit);
        this.listeners = new Semaphore(limit + LISTENING);
        this.pool = new ThreadPoolExecutor(
                0, 2 * limit + LISTENING + ASIDE, KEPT_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
    }

    /** @throws ClaudeException {@code overloaded_error} where all are busy, or the server stops */
    @Override
    public void execute(Runnable task) {
        executeCarried(carried(task));
    }

    /**
     * A task with what belongs to the calling thread, to be {@linkplain #executeCarried executed} later, or
     * {@linkplain Handed#refused refused}.
     */
    public Runnable carried(Runnable task) {
        return carrying.apply(task);
    }

    /** @throws ClaudeException {@code overloaded_error} where all are busy, or the server stops; then it is refused */
    public void executeCarried(Runnable carried) {
        if (!places.tryAcquire()) {
            refuse(carried);
            throw full(null);
        }
        try {
            aside(() -> {
                try {
                    carried.run();
                } finally {
                    places.release();
                }
            });
        } catch (ClaudeException e) {
            places.release();
            refuse(carried);
            throw e;
        }
    }

    /**
     * Runs a task that waits for what the client of a socket says. Such threads are not counted as streams and clients.
     *
     * @throws ClaudeException {@code overloaded_error} if there are too many, or the server stops
     */
    public void listen(Runnable task) {
        if (!listeners.tryAcquire()) {
            throw full(null);
        }
        try {
            aside(() -> {
                try {
                    task.run();
                } finally {
                    listeners.release();
                }
            });
        } catch (ClaudeException e) {
            listeners.release();
            throw e;
        }
    }

    /** Returns how many streams and clients have a thread now, or are about to get one. */
    public int used() {
        return limit - places.availablePermits();
    }

    /** Returns how many streams and clients can have a thread at the same time. */
    public int limit() {
        return limit;
    }

    /** It is not executed after all. */
    public static void refuse(Runnable carried) {
        if (carried instanceof Handed handed) {
            handed.refused();
        }
    }

    /** A task that wants to know if it is not run after all. */
    public interface Handed extends Runnable {
        void refused();
    }

    /**
     * For signs of life and farewells: those have a few threads of their own, so that a server that is full still finds
     * out who has left.
     *
     * @throws ClaudeException {@code overloaded_error} where even those are busy
     */
    void aside(Runnable task) {
        try {
            pool.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            // The JVM says "out of memory" when the system gives it no more threads.
            throw full(e);
        }
    }

    private ClaudeException full(Throwable cause) {
        return ClaudeException.of(
                        ErrorType.OVERLOADED,
                        "The server has no thread left for another stream or watcher (claude.stream.max-watchers: "
                                + limit + "). Retry in " + TRY_AGAIN.toSeconds() + " s.")
                .withRetryAfter(TRY_AGAIN)
                .withCause(cause);
    }

    /**
     * Waits until no stream is carried and no client is served.
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

    /** Lets those that write finish, briefly. */
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
