package io.github.claudejakarta.observe;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import org.eclipse.microprofile.config.Config;

/**
 * Connects the server's own span of a request with its line in the log, and takes the query out of the span, of
 * rejected requests too: the query of a batch in CSV may have a system prompt.
 */
public abstract class SpanFilter implements ContainerRequestFilter {

    @Inject
    private Config config;

    private Boolean isOn;

    @Override
    public void filter(ContainerRequestContext request) {
        if (isOn == null) {
            isOn = Tracing.isOn(config);
        }
        if (isOn) {
            Tracing.noteTrace();
            if (request.getUriInfo().getRequestUri().getRawQuery() != null) {
                Redaction.redact();
            }
        }
    }

    /** Loaded where it is used, and so not without the API. */
    private static final class Redaction {

        private static final AttributeKey<String> QUERY = AttributeKey.stringKey("url.query");

        static void redact() {
            Span.current().setAttribute(QUERY, "");
        }
    }
}
