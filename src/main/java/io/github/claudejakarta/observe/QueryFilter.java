package io.github.claudejakarta.observe;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;
import org.eclipse.microprofile.config.Config;

/** Takes the query out of the server's own span of a request, refused ones included: that of a batch in CSV may have a system prompt. */
@Provider
@PreMatching
@Priority(1)
public class QueryFilter implements ContainerRequestFilter {

    @Inject
    private Config config;
    private Boolean isOn;

    @Override
    public void filter(ContainerRequestContext request) {
        if (isOn == null) {
            isOn = Tracing.isOn(config);
        }
        if (isOn && request.getUriInfo().getRequestUri().getRawQuery() != null) {
            Redaction.redact();
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
