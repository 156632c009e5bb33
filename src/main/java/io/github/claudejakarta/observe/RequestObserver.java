package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.http.CallObserver;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Records the outcome of a request, on this server and at Claude, for its line in the access log. */
public abstract class RequestObserver implements CallObserver, ContainerResponseFilter {

    private static final Consumer<CallOutcome> NOTHING = outcome -> {};

    @Override
    public Consumer<CallOutcome> begin(ClaudeCall call) {
        Optional<RequestRecord> record = RequestRecord.current();
        if (record.isEmpty()) {
            return NOTHING;
        }
        return call.continuedError().isPresent() ? record.get()::continued : record.get()::called;
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        RequestRecord.current().ifPresent(record -> {
            var ids = new LinkedHashMap<String, String>();
            add(ids, "request_id", response.getHeaderString("request-id"));
            add(ids, "stream_id", response.getHeaderString("stream-id"));
            String location = response.getHeaderString(HttpHeaders.LOCATION);
            boolean isNew = request.getMethod().equals("POST") && location != null;
            add(ids, "created_id", isNew ? location.substring(location.lastIndexOf('/') + 1) : null);
            record.answered(response.getStatus(), ids);
        });
    }

    private static void add(Map<String, String> ids, String name, String value) {
        if (value != null) {
            ids.put(name, value);
        }
    }
}
