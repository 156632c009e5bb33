package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.web.Caller;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Who opens a socket, from the request that asked for it to the thread that serves it. It is the request's until then:
 * it has to be {@linkplain #run run} or {@linkplain #leave left}, once.
 *
 * <p>Safe for use by many threads.
 */
public final class SocketEntry {

    private final Caller caller;
    private final Map<String, String> headers;
    private final List<String> recovery;
    private final WorkerThreads threads;
    private final Runnable carried;
    private final AtomicBoolean isOver = new AtomicBoolean();
    private volatile Runnable work;

    /**
     * To be made on the thread of the request.
     *
     * @param headers that may go upstream
     * @param recovery the values of the header {@code stream-recovery}
     */
    public SocketEntry(Caller caller, Map<String, String> headers, List<String> recovery, WorkerThreads threads) {
        this.caller = caller;
        this.headers = headers;
        this.recovery = recovery;
        this.threads = threads;
        this.carried = threads.withContext(() -> work.run());
    }

    Caller caller() {
        return caller;
    }

    Map<String, String> headers() {
        return headers;
    }

    /** What the request said of answers that break off; null where nothing. */
    String recovery() {
        return recovery.isEmpty() ? null : recovery.get(0);
    }

    /**
     * Serves the socket, on a thread of its own, as part of the request. Nothing happens where it was left.
     *
     * @throws ClaudeException {@code overloaded_error} where all threads are busy
     */
    void run(Runnable serving) {
        if (isOver.compareAndSet(false, true)) {
            work = serving;
            threads.executeWithContext(carried);
        }
    }

    /** Nobody is going to serve it. Nothing happens once it is run. */
    public void leave() {
        if (isOver.compareAndSet(false, true)) {
            WorkerThreads.reject(carried);
        }
    }

    /** Returns whether it was run. */
    boolean isServed() {
        return work != null;
    }
}
