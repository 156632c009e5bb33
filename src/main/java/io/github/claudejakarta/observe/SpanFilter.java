package io.github.claudejakarta.observe;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import org.eclipse.microprofile.config.Config;

/**
 * Adds the trace of the server's span to the request's line in the access log. Removes the query from the span, also
 * for rejected requests, because the query of a batch in CSV may have a system prompt.
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
            Tracing.recordTrace();
            if (request.getUriInfo().getRequestUri().getRawQuery() != null) {
                Redaction.redact();
            }
        }
    }

    /** A separate class, so that OpenTelemetry's API is loaded only if it is present. */
    private static final class Redaction {

        private static final AttributeKey<String> QUERY = AttributeKey.stringKey("url.query");

        static void redact() {
            Span.current().setAttribute(QUERY, "");
        }
    }
}
