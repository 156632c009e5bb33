package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.web.Caller;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The request that opens a socket: its caller and headers, until a thread serves the socket. The request stays open
 * until then, so exactly one of {@linkplain #run} and {@linkplain #leave} must be called.
 *
 * <p>Safe for use by many threads.
 */
public final class SocketEntry {

    private final Caller caller;
    private final Map<String, String> headers;
    private final List<String> recovery;
    private final WorkerThreads threads;
    private final Runnable task;
    private final AtomicBoolean isDecided = new AtomicBoolean();
    private volatile Runnable work;

    /**
     * Creates an entry, on the thread of the request.
     *
     * @param headers the headers that may be sent upstream
     * @param recovery the values of the header {@code stream-recovery}
     */
    public SocketEntry(Caller caller, Map<String, String> headers, List<String> recovery, WorkerThreads threads) {
        this.caller = caller;
        this.headers = headers;
        this.recovery = recovery;
        this.threads = threads;
        this.task = threads.withContext(() -> work.run());
    }

    Caller caller() {
        return caller;
    }

    Map<String, String> headers() {
        return headers;
    }

    /** Returns the value of {@code stream-recovery}; null without it. */
    String recovery() {
        return recovery.isEmpty() ? null : recovery.get(0);
    }

    /**
     * Serves the socket on its own thread, as part of the request. It has no effect after {@link #leave}.
     *
     * @throws ClaudeException {@code overloaded_error} if all threads are busy
     */
    void run(Runnable serving) {
        if (isDecided.compareAndSet(false, true)) {
            work = serving;
            threads.executeWithContext(task);
        }
    }

    /** Ends the request without serving the socket. It has no effect after {@link #run}. */
    public void leave() {
        if (isDecided.compareAndSet(false, true)) {
            WorkerThreads.reject(task);
        }
    }

    /** Returns whether {@link #run} was called. */
    boolean isServed() {
        return work != null;
    }
}
