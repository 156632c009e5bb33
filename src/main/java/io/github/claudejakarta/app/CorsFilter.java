package io.github.claudejakarta.app;

import io.github.claudejakarta.web.Origins;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;

/**
 * Pages of other origins, where they are allowed. The headers are set on the servlet's response, so that errors and streams have them too.
 *
 * @see <a href="https://fetch.spec.whatwg.org/#http-cors-protocol">Fetch: the CORS protocol</a>
 */
@Provider
@PreMatching
@Priority(Priorities.AUTHENTICATION - 1)
public class CorsFilter implements ContainerRequestFilter {

    private static final String METHODS = "GET, HEAD, POST, DELETE";
    /** Which a page may send. */
    private static final String ASKED = "content-type, accept, x-api-key, authorization, anthropic-version, anthropic-beta, "
        + "anthropic-dangerous-direct-browser-access, idempotency-key, prefer, last-event-id, stream-recovery, x-stainless-arch, x-stainless-lang, x-stainless-os, "
        + "x-stainless-package-version, x-stainless-retry-count, x-stainless-runtime, x-stainless-runtime-version, x-stainless-timeout, "
        + "x-stainless-helper-method";
    /** Which it may read. */
    private static final String SHOWN = "request-id, stream-id, location, retry-after, claude-simulator, anthropic-ratelimit-requests-limit, "
        + "anthropic-ratelimit-requests-remaining, anthropic-ratelimit-requests-reset, anthropic-ratelimit-tokens-limit, "
        + "anthropic-ratelimit-tokens-remaining, anthropic-ratelimit-tokens-reset";
    private static final String TEN_MINUTES = "600";

    @Inject
    private Origins origins;
    @Context
    private HttpServletResponse response;

    @Override
    public void filter(ContainerRequestContext request) {
        String origin = request.getHeaderString("origin");
        if (!origins.allow(origin)) {
            return;
        }
        response.setHeader("Access-Control-Allow-Origin", origin.strip());
        response.addHeader("Vary", "Origin");
        response.setHeader("Access-Control-Expose-Headers", SHOWN);
        if (request.getMethod().equals(HttpMethod.OPTIONS) && request.getHeaderString("access-control-request-method") != null) {
            // Without a key: browsers send none with the question whether they may send one.
            request.abortWith(Response.noContent()
                .header("Access-Control-Allow-Methods", METHODS)
                .header("Access-Control-Allow-Headers", ASKED)
                .header("Access-Control-Max-Age", TEN_MINUTES)
                .build());
        }
    }
}
