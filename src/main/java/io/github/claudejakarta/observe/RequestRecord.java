package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.UriPath;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What is noted of one request for its line in the log, while it is served by one thread after the other; so it goes
 * along with the threads, and whoever asks Claude need not hand it on.
 *
 * <p>There is nothing in it that was said: no header but ids, no query, no body.
 */
public final class RequestRecord {

    private static final ThreadLocal<RequestRecord> CURRENT = new ThreadLocal<>();

    private static final int LONGEST_PATH = 500;

    private final long began = System.nanoTime();
    private final String method;
    private final String path;
    private final ClientConnection connection;
    private volatile String traceId;
    private volatile String caller;
    private volatile Map<String, String> ids = Map.of();
    private volatile CallOutcome outcome;
    private volatile int status;
    private volatile String error;
    private final Queue<Runnable> whenOver = new ConcurrentLinkedQueue<>();
    /** Calls to Claude that it waits for; those that are streams belong to their stream. */
    private final Set<ClaudeCall> calls = ConcurrentHashMap.newKeySet();

    private volatile ClaudeException stopped;
    /** Threads that serve it, and tasks that will. */
    private final AtomicInteger holders = new AtomicInteger(1);

    private RequestRecord(HttpServletRequest request) {
        String uri = UriPath.normalized(request.getRequestURI());
        this.method = request.getMethod();
        this.path = uri.substring(0, Math.min(uri.length(), LONGEST_PATH));
        this.connection = ClientConnection.ofBody(request);
    }

    /** The request that this thread begins to serve; {@link #leave} has to follow. */
    static RequestRecord enter(HttpServletRequest request) {
        var begun = new RequestRecord(request);
        CURRENT.set(begun);
        return begun;
    }

    /** This thread serves it no longer; others may. */
    void leave() {
        CURRENT.remove();
        letGo();
    }

    private void letGo() {
        if (holders.decrementAndGet() == 0) {
            for (Runnable action = whenOver.poll(); action != null; action = whenOver.poll()) {
                action.run();
            }
        }
    }

    /** The request that this thread serves; null where it serves none. */
    static RequestRecord current() {
        return CURRENT.get();
    }

    /**
     * Whose request it is that this thread serves. Not asked of JAX-RS at the end: on the thread of a sink it does not
     * know any more.
     */
    public static void isOf(String callersName) {
        RequestRecord served = CURRENT.get();
        if (served != null) {
            served.caller = callersName;
        }
    }

    /** The request that this thread serves is answered by an error. */
    public static void failed(String errorType) {
        RequestRecord served = CURRENT.get();
        if (served != null) {
            served.error = errorType;
        }
    }

    /** The connection that the request comes over which this thread serves. */
    public static ClientConnection connection() {
        RequestRecord served = CURRENT.get();
        return served == null ? ClientConnection.UNKNOWN : served.connection;
    }

    /**
     * Has something done when the request that this thread serves is over, whichever way it ends: nobody writes to its
     * answer any more. Where it serves none, nothing is done.
     */
    public static void whenOver(Runnable action) {
        RequestRecord served = CURRENT.get();
        if (served != null) {
            served.whenOver.add(action);
        }
    }

    /** Has a task know the request of the thread that hands it over; the request is not over before the task is. */
    static Runnable carried(Runnable task) {
        RequestRecord handed = CURRENT.get();
        return handed == null ? task : handed.new Share(task);
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
            CURRENT.set(RequestRecord.this);
            try {
                task.run();
            } finally {
                leave();
            }
        }

        @Override
        public void rejected() {
            letGo();
        }
    }

    /** It waits for the answer to this call. */
    void begins(ClaudeCall call) {
        if (!call.isStream()) {
            calls.add(call);
            ClaudeException why = stopped;
            if (why != null) {
                call.cancel(why);
            }
        }
    }

    void ends(ClaudeCall call) {
        calls.remove(call);
    }

    /** Cancels the calls that it waits for, so that it is answered with this error. */
    void stop(ClaudeException why) {
        stopped = why;
        calls.forEach(call -> call.cancel(why));
    }

    /** Closes the connection that it came over. */
    void cut() {
        connection.cut();
    }

    void answered(int httpStatus, Map<String, String> idsOfAnswer) {
        status = httpStatus;
        ids = idsOfAnswer;
    }

    void asked(CallOutcome what) {
        outcome = what;
    }

    /** Once more, for the rest of an answer that broke off. */
    synchronized void askedToGoOn(CallOutcome what) {
        outcome = outcome == null ? what : what.after(outcome);
    }

    /** Notes the trace of the server's span, which is the first that the request is seen in. */
    void noteTrace(String id) {
        if (traceId == null) {
            traceId = id;
        }
    }

    /** Returns the name of the caller; null while it is not known. */
    String caller() {
        return caller;
    }

    /** Returns the HTTP status of the answer; 0 before there is one. */
    int status() {
        return status;
    }

    /** By whatever stands before JAX-RS. */
    void answeredOtherwise(int httpStatus) {
        if (status == 0) {
            status = httpStatus;
        }
    }

    /** Names and values, in the order of the line. */
    Map<String, Object> fields() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("method", method);
        fields.put("path", path);
        fields.put("status", status);
        fields.put("duration_ms", Duration.ofNanos(System.nanoTime() - began).toMillis());
        if (caller != null) {
            fields.put("caller", caller);
        }
        fields.putAll(ids);
        if (traceId != null) {
            fields.put("trace_id", traceId);
        }
        CallOutcome asked = outcome;
        if (asked != null) {
            asked.requestId().ifPresent(id -> fields.put("upstream_request_id", id));
            fields.put("attempts", asked.attempts());
            asked.model().ifPresent(model -> fields.put("model", model));
            asked.tokens().ifPresent(tokens -> {
                fields.put("input_tokens", tokens.input());
                fields.put("output_tokens", tokens.output());
                fields.put("cache_creation_input_tokens", tokens.cacheWrite() + tokens.cacheWrite1h());
                fields.put("cache_read_input_tokens", tokens.cacheRead());
            });
            asked.timeToFirstToken().ifPresent(time -> fields.put("first_token_ms", time.toMillis()));
            asked.stopReason().ifPresent(reason -> fields.put("stop_reason", reason));
            asked.error().ifPresent(type -> fields.put("error", type));
        }
        if (error != null) {
            fields.putIfAbsent("error", error);
        }
        return fields;
    }
}
