package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that carry streams, from a managed factory of the server: one for each stream that runs and each client that
 * watches, since either may block. A thread that is done is kept a minute for the next one.
 */
public final class StreamThreads implements Executor, AutoCloseable {

    private static final long KEPT_SECONDS = 60;
    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);

    private final ThreadPoolExecutor pool;
    private final int limit;

    /** @param limit threads at once */
    public StreamThreads(ThreadFactory factory, int limit) {
        this.limit = limit;
        this.pool = new ThreadPoolExecutor(0, limit, KEPT_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
    }

    /** @throws ClaudeException {@code overloaded_error} where all are busy, or the server stops */
    @Override
    public void execute(Runnable task) {
        try {
            pool.execute(task);
        } catch (RejectedExecutionException e) {
            throw ClaudeException.of(ErrorType.OVERLOADED,
                "This server carries as many streams and watchers as it may (claude.stream.max-watchers: " + limit + ")")
                .withRetryAfter(TRY_AGAIN).withCause(e);
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
