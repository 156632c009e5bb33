package io.github.claudejakarta.observe;

import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/**
 * Writes one line for each request to {@code /v1}, when its answer has ended; of a stream that is when its client has had the last event, or has
 * left. As text ({@code status=200 caller=teller ...}) or as a JSON object, by {@code claude.log.format}.
 */
public class AccessLog extends HttpFilter {

    /** A logger of its own, so that it can be switched off, or written elsewhere. */
    static final Logger LOG = Logger.getLogger("io.github.claudejakarta.access");

    private static final long serialVersionUID = 1;

    @Inject
    private transient LogFormat format;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
        if (!LOG.isLoggable(Level.INFO)) {
            chain.doFilter(request, response);
            return;
        }
        RequestRecord served = RequestRecord.enter(request.getMethod(), request.getRequestURI());
        var writing = new Writing(served, response);
        try {
            chain.doFilter(request, response);
        } finally {
            RequestRecord.leave();
            if (request.isAsyncStarted()) {
                request.getAsyncContext().addListener(writing);
            } else {
                writing.write();
            }
        }
    }

    /** The line, which is written once. */
    private final class Writing implements AsyncListener {

        private final RequestRecord served;
        private final HttpServletResponse response;
        private final AtomicBoolean isWritten = new AtomicBoolean();

        Writing(RequestRecord served, HttpServletResponse response) {
            this.served = served;
            this.response = response;
        }

        void write() {
            if (isWritten.compareAndSet(false, true)) {
                Map<String, Object> fields = served.fields(response.getStatus());
                LOG.info(() -> format == LogFormat.JSON ? json(fields) : text(fields));
            }
        }

        @Override
        public void onComplete(AsyncEvent event) {
            write();
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            write();
        }

        @Override
        public void onError(AsyncEvent event) {
            write();
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // The same request, begun again.
        }
    }

    private static String text(Map<String, Object> fields) {
        return fields.entrySet().stream().map(field -> field.getKey() + "=" + field.getValue()).collect(Collectors.joining(" "));
    }

    private static String json(Map<String, Object> fields) {
        return Json.createObjectBuilder(fields).build().toString();
    }
}
