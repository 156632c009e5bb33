package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A request that this server serves: its caller, its connection, and the actions at its end.
 *
 * <p>A request is served by one thread after another, and by each task that one of these threads
 * {@linkplain #withRequest hands over}. The request ends when no thread and no such task serves it. From then on its
 * response is not written to. The container's thread is one of them, from {@link #begin} to {@link #leave}.
 *
 * <p>Code that holds something until the request ends registers it ({@link #closeAtEnd}). Filters and the log do not
 * need to know about it.
 *
 * <p>Safe for use by many threads.
 */
public final class ServedRequest {

    private static final Logger LOG = Logger.getLogger(ServedRequest.class.getName());
    private static final String ATTRIBUTE = ServedRequest.class.getName();
    private static final ThreadLocal<ServedRequest> CURRENT = new ThreadLocal<>();

    private final ClientConnection connection;
    private volatile Caller caller;
    private volatile String error;

    /** The number of threads and tasks that serve the request. */
    private final AtomicInteger holders = new AtomicInteger(1);

    private final AtomicBoolean isContainers = new AtomicBoolean(true);
    /** The container's thread that served the request last. */
    private volatile Thread containersThread;

    private final Map<Class<?>, Object> attachments = new ConcurrentHashMap<>();

    /** Guarded by this. */
    private final List<AutoCloseable> atEnd = new ArrayList<>();

    /** Guarded by this. */
    private boolean hasEnded;

    private final Set<Consumer<ClaudeException>> whenStopped = ConcurrentHashMap.newKeySet();
    private volatile ClaudeException stopped;

    private ServedRequest(ServletRequest request) {
        this.connection = ClientConnection.ofBody(request);
    }

    /**
     * Begins to serve a request on the calling thread, which is the container's. {@link #leave} must follow. A
     * container may call both more than once for a request.
     */
    public static ServedRequest begin(HttpServletRequest request) {
        ServedRequest served = of(request);
        served.containersThread = Thread.currentThread();
        CURRENT.set(served);
        return served;
    }

    /**
     * Ends the service by the container's thread, which {@link #begin} began. Other threads may still serve the
     * request.
     */
    public static void leave(ServletRequest request) {
        if (request.getAttribute(ATTRIBUTE) instanceof ServedRequest served) {
            if (served.containersThread == Thread.currentThread()) {
                // On another thread, a task may still serve the request.
                CURRENT.remove();
            }
            if (served.isContainers.compareAndSet(true, false)) {
                served.release();
            }
        }
    }

    /** Returns the served request of a servlet request, on one of the container's threads. */
    public static ServedRequest of(ServletRequest request) {
        if (request.getAttribute(ATTRIBUTE) instanceof ServedRequest served) {
            return served;
        }
        var served = new ServedRequest(request);
        request.setAttribute(ATTRIBUTE, served);
        return served;
    }

    /** Returns the request that the calling thread serves; empty if it serves none. */
    public static Optional<ServedRequest> current() {
        return Optional.ofNullable(CURRENT.get());
    }

    /** Returns a task that serves the request of the calling thread. The request does not end before the task does. */
    public static Runnable withRequest(Runnable task) {
        ServedRequest served = CURRENT.get();
        return served == null ? task : served.new SharedTask(task);
    }

    /** A task that serves the request. */
    private final class SharedTask implements WorkerThreads.RejectableTask {

        private final Runnable task;

        SharedTask(Runnable task) {
            this.task = task;
            holders.incrementAndGet();
        }

        @Override
        public void run() {
            CURRENT.set(ServedRequest.this);
            try {
                task.run();
            } finally {
                CURRENT.remove();
                release();
            }
        }

        @Override
        public void rejected() {
            release();
        }
    }

    private void release() {
        if (holders.decrementAndGet() == 0) {
            end();
        }
    }

    private void end() {
        List<AutoCloseable> all;
        synchronized (this) {
            hasEnded = true;
            all = List.copyOf(atEnd);
            atEnd.clear();
        }
        all.forEach(ServedRequest::close);
    }

    /** A failure, even an Error, does not prevent the next object from being closed. */
    private static void close(AutoCloseable one) {
        try {
            one.close();
        } catch (Throwable failure) {
            LOG.log(Level.WARNING, "Could not release a resource at the end of a request", failure);
        }
    }

    /**
     * Runs an action when the request ends, whether or not it succeeds. Runs it immediately if the request has ended.
     */
    public void onEnd(Runnable action) {
        closeAtEnd(action::run);
    }

    /**
     * Closes an object when the request ends, whether or not it succeeds. Closes it immediately if the request has
     * ended.
     */
    public void closeAtEnd(AutoCloseable object) {
        synchronized (this) {
            if (!hasEnded) {
                atEnd.add(object);
                return;
            }
        }
        close(object);
    }

    /** Cancels {@link #closeAtEnd} for an object that has another owner now. */
    public synchronized void handOver(AutoCloseable object) {
        atEnd.remove(object);
    }

    /** Records the caller, once it is known. */
    public void identify(Caller who) {
        caller = who;
    }

    /** Returns the caller; empty before it is known. */
    public Optional<Caller> caller() {
        return Optional.ofNullable(caller);
    }

    /** Records that the request is answered with an error of this type. */
    public void fail(String errorType) {
        error = errorType;
    }

    /** Returns the type of the error in the response; empty without one. */
    public Optional<String> error() {
        return Optional.ofNullable(error);
    }

    /** Returns the connection over which the request arrived. */
    public ClientConnection connection() {
        return connection;
    }

    /** Attaches an object to the request. It replaces an earlier object of the same class. */
    public void attach(Object object) {
        attachments.put(object.getClass(), object);
    }

    /** Returns the attached object of this class. */
    public <T> Optional<T> attachment(Class<T> type) {
        return Optional.ofNullable(type.cast(attachments.get(type)));
    }

    /**
     * Runs an action when a shutdown {@linkplain #stop stops} the request, to end its wait. Runs it immediately if the
     * request has been stopped. The action may run twice.
     *
     * @return removes the action
     */
    public Runnable onStop(Consumer<ClaudeException> action) {
        whenStopped.add(action);
        ClaudeException why = stopped;
        if (why != null) {
            action.accept(why);
        }
        return () -> whenStopped.remove(action);
    }

    /** Ends the wait of the request, which is then answered with this error. */
    void stop(ClaudeException why) {
        stopped = why;
        whenStopped.forEach(action -> action.accept(why));
    }
}
