package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.http.CallOutcome;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What is noted of one request for its line in the log, while it is served by one thread after the other; so it goes along with the
 * threads, and whoever asks Claude need not hand it on.
 *
 * <p>There is nothing in it that was said: no header but ids, no query, no body.
 */
final class RequestRecord {

    private static final ThreadLocal<RequestRecord> CURRENT = new ThreadLocal<>();

    private static final int LONGEST_PATH = 500;

    private final long began = System.nanoTime();
    private final String method;
    private final String path;
    private volatile String caller;
    private volatile Map<String, String> ids = Map.of();
    private volatile CallOutcome outcome;

    private RequestRecord(String method, String path) {
        this.method = method;
        this.path = path;
    }

    /** The request that this thread begins to serve; {@link #leave} has to follow. */
    static RequestRecord enter(String method, String path) {
        var begun = new RequestRecord(method, path.substring(0, Math.min(path.length(), LONGEST_PATH)));
        CURRENT.set(begun);
        return begun;
    }

    static void leave() {
        CURRENT.remove();
    }

    /** The request that this thread serves; null where it serves none. */
    static RequestRecord current() {
        return CURRENT.get();
    }

    /** Has a task know the request of the thread that hands it over. */
    static UnaryOperator<Runnable> carrier() {
        return task -> {
            RequestRecord handed = CURRENT.get();
            return handed == null ? task : () -> {
                CURRENT.set(handed);
                try {
                    task.run();
                } finally {
                    CURRENT.remove();
                }
            };
        };
    }

    void answered(String callersName, Map<String, String> idsOfAnswer) {
        caller = callersName;
        ids = idsOfAnswer;
    }

    void asked(CallOutcome what) {
        outcome = what;
    }

    /** Names and values, in the order of the line. */
    Map<String, Object> fields(int status) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("method", method);
        fields.put("path", path);
        fields.put("status", status);
        fields.put("duration_ms", Duration.ofNanos(System.nanoTime() - began).toMillis());
        if (caller != null) {
            fields.put("caller", caller);
        }
        fields.putAll(ids);
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
            asked.error().ifPresent(error -> fields.put("error", error));
        }
        return fields;
    }
}
