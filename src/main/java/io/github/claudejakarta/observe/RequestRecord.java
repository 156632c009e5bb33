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
 * The values of one request for its line in the access log. The record is attached to the {@link ServedRequest}, and
 * moves with it from thread to thread.
 *
 * <p>It has no content of the request: of the headers only ids, no query, and no body.
 */
final class RequestRecord {

    private static final int MAX_PATH_LENGTH = 500;

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
        this.path = uri.substring(0, Math.min(uri.length(), MAX_PATH_LENGTH));
    }

    /** Returns the record of the request that the calling thread serves; empty if the request is not logged. */
    static Optional<RequestRecord> current() {
        return ServedRequest.current().flatMap(served -> served.attachment(RequestRecord.class));
    }

    /** Records the answer of JAX-RS. */
    void answered(int httpStatus, Map<String, String> idsOfAnswer) {
        status = httpStatus;
        ids = idsOfAnswer;
    }

    /** Records the outcome of the call to Claude. */
    void called(CallOutcome ofCall) {
        outcome = ofCall;
    }

    /** Records the outcome of a call that continues a broken answer. */
    synchronized void continued(CallOutcome ofCall) {
        outcome = outcome == null ? ofCall : ofCall.after(outcome);
    }

    /** Records the trace of the server's span. The first call counts. */
    void setTrace(String id) {
        if (traceId == null) {
            traceId = id;
        }
    }

    /** Returns the HTTP status of the answer; 0 before the answer. */
    int status() {
        return status;
    }

    /** Records a status that a filter or the server set before JAX-RS. It has no effect after an answer of JAX-RS. */
    void answeredOutsideJaxRs(int httpStatus) {
        if (status == 0) {
            status = httpStatus;
        }
    }

    /** Returns the names and values of the line, in their order. */
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
        CallOutcome call = outcome;
        if (call != null) {
            call.requestId().ifPresent(id -> fields.put("upstream_request_id", id));
            fields.put("attempts", call.attempts());
            call.model().ifPresent(model -> fields.put("model", model));
            call.tokens().ifPresent(tokens -> {
                fields.put("input_tokens", tokens.input());
                fields.put("output_tokens", tokens.output());
                fields.put("cache_creation_input_tokens", tokens.cacheWrite() + tokens.cacheWrite1h());
                fields.put("cache_read_input_tokens", tokens.cacheRead());
            });
            call.timeToFirstToken().ifPresent(time -> fields.put("first_token_ms", time.toMillis()));
            call.stopReason().ifPresent(reason -> fields.put("stop_reason", reason));
            call.error().ifPresent(type -> fields.put("error", type));
        }
        served.error().ifPresent(type -> fields.putIfAbsent("error", type));
        return fields;
    }
}
