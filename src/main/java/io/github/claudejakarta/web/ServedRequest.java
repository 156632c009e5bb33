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
 * A request that this server serves: who calls, its connection, and what happens when it ends.
 *
 * <p>One thread after another serves a request, and each task that one of them {@linkplain #carried hands over} serves
 * it too. The request ends when no thread serves it any more and no such task is left: from then on nobody writes to
 * its answer. The container's thread is one of them, from {@link #begin} to {@link #leave}.
 *
 * <p>Code that holds something for as long as the request lasts registers it ({@link #closeAtEnd}). No filter and no
 * log has to know of it.
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

    /** Threads that serve it, and tasks that will. */
    private final AtomicInteger holders = new AtomicInteger(1);

    private final AtomicBoolean isContainers = new AtomicBoolean(true);
    /** The thread that the container gave it last. */
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
     * Begins to serve a request on the calling thread, which is the container's; {@link #leave} has to follow. A
     * container may call both more than once for a request.
     */
    public static ServedRequest begin(HttpServletRequest request) {
        ServedRequest served = of(request);
        served.containersThread = Thread.currentThread();
        CURRENT.set(served);
        return served;
    }

    /** Ends what {@link #begin} began: the container serves the request no longer; other threads may. */
    public static void leave(ServletRequest request) {
        if (request.getAttribute(ATTRIBUTE) instanceof ServedRequest served) {
            if (served.containersThread == Thread.currentThread()) {
                // On any other, a task may still serve it.
                CURRENT.remove();
            }
            if (served.isContainers.compareAndSet(true, false)) {
                served.release();
            }
        }
    }

    /** Returns the request that this servlet request is, on one of the container's threads. */
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

    /** Has a task serve the request that the calling thread serves. The request does not end before the task has. */
    public static Runnable carried(Runnable task) {
        ServedRequest served = CURRENT.get();
        return served == null ? task : served.new Share(task);
    }

    /** A task that serves the request too. */
    private final class Share implements WorkerThreads.RejectableTask {

        private final Runnable task;

        Share(Runnable task) {
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

    /** A failure, also an Error, does not keep the next object open. */
    private static void close(AutoCloseable one) {
        try {
            one.close();
        } catch (Throwable failure) {
            LOG.log(Level.WARNING, "Something could not be released at the end of a request", failure);
        }
    }

    /** Has an action run when the request ends, whichever way it ends; immediately if it has ended. */
    public void onEnd(Runnable action) {
        closeAtEnd(action::run);
    }

    /** Has an object closed when the request ends, whichever way it ends; immediately if it has ended. */
    public void closeAtEnd(AutoCloseable object) {
        synchronized (this) {
            if (!hasEnded) {
                atEnd.add(object);
                return;
            }
        }
        close(object);
    }

    /**
     * Leaves an object open that was to be {@linkplain #closeAtEnd closed at the end}, because it has another owner
     * now.
     */
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

    /** Records that the request is answered by an error of this type. */
    public void fail(String errorType) {
        error = errorType;
    }

    /** Returns the type of the error that it was answered by; empty if there was none. */
    public Optional<String> error() {
        return Optional.ofNullable(error);
    }

    /** Returns the connection that the request came over. */
    public ClientConnection connection() {
        return connection;
    }

    /** Keeps an object with the request, instead of any other of its class. */
    public void attach(Object object) {
        attachments.put(object.getClass(), object);
    }

    /** Returns the object of this class that is kept with the request. */
    public <T> Optional<T> attachment(Class<T> type) {
        return Optional.ofNullable(type.cast(attachments.get(type)));
    }

    /**
     * Has an action run when a shutdown {@linkplain #stop stops} the request, to end what it waits for; immediately if
     * it has been stopped. The action may be run twice.
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

    /** Ends what the request waits for, so that it is answered by this error. */
    void stop(ClaudeException why) {
        stopped = why;
        whenStopped.forEach(action -> action.accept(why));
    }
}
