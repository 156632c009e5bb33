package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.UriPath;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is noted of one request for its line in the log. It is attached to the {@link ServedRequest}, and goes along
 * with that from thread to thread.
 *
 * <p>There is nothing in it that was said: no header but ids, no query, no body.
 */
final class RequestRecord {

    private static final int LONGEST_PATH = 500;

    private final long began = System.nanoTime();
    private final ServedRequest served;
    private final String method;
    private final String path;
    private volatile String traceId;
    private volatile Map<String, String> ids = Map.of();
    private volatile CallOutcome outcome;
    private volatile int status;

    RequestRecord(HttpServletRequest request, ServedRequest served) {
        String uri = UriPath.normalized(request.getRequestURI());
        this.served = served;
        this.method = request.getMethod();
        this.path = uri.substring(0, Math.min(uri.length(), LONGEST_PATH));
    }

    /** Returns the record of the request that the calling thread serves; empty if that is not logged. */
    static Optional<RequestRecord> current() {
        return ServedRequest.current().flatMap(served -> served.attachment(RequestRecord.class));
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
        served.caller().ifPresent(caller -> fields.put("caller", caller.name()));
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
        served.error().ifPresent(type -> fields.putIfAbsent("error", type));
        return fields;
    }
}
