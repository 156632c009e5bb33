package io.github.claudejakarta.edge;

import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.web.Origins;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Answers the preflights of pages of allowed origins, and lets these pages read the headers of responses.
 * {@link OriginFilter} lets them read the responses.
 *
 * <p>A page may send any header: SDKs and tracing libraries add their own. Headers without a meaning here are ignored.
 *
 * @see <a href="https://fetch.spec.whatwg.org/#http-cors-protocol">Fetch: the CORS protocol</a>
 */
@Provider
@PreMatching
@Priority(Priorities.AUTHENTICATION - 2)
public class CorsFilter implements ContainerRequestFilter, ContainerResponseFilter {

    static final String EXPOSE_HEADERS = "Access-Control-Expose-Headers";

    private static final String METHODS = "GET, HEAD, POST, DELETE";
    private static final String TEN_MINUTES = "600";
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");
    private static final int MAX_HEADERS = 100;
    /** Exposed on every response. Other headers are exposed on responses that have them. */
    private static final List<String> ALWAYS =
            List.of("request-id", "stream-id", "location", "retry-after", ClaudeAnswer.SIMULATOR);
    /** Never exposed: pages can read these headers anyway, or they are for the browser, caches and proxies. */
    private static final Set<String> NEVER =
            Set.of("cache-control", "connection", "content-type", "vary", "x-accel-buffering");

    @Inject
    private Origins origins;

    /** Answers a preflight without a key, because browsers send no key with a preflight. */
    @Override
    public void filter(ContainerRequestContext request) {
        if (isAllowed(request)
                && request.getMethod().equals(HttpMethod.OPTIONS)
                && request.getHeaderString("access-control-request-method") != null) {
            var response = Response.noContent()
                    .header("Access-Control-Allow-Methods", METHODS)
                    .header("Access-Control-Max-Age", TEN_MINUTES)
                    .header(HttpHeaders.VARY, "Access-Control-Request-Headers");
            String headers = requested(request.getHeaderString("access-control-request-headers"));
            if (!headers.isEmpty()) {
                response.header("Access-Control-Allow-Headers", headers);
            }
            request.abortWith(response.build());
        }
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (isAllowed(request)) {
            String others = response.getHeaderString(HttpHeaders.VARY);
            response.getHeaders().putSingle(HttpHeaders.VARY, others == null ? "Origin" : "Origin, " + others);
            response.getHeaders()
                    .putSingle(EXPOSE_HEADERS, exposed(response.getHeaders().keySet()));
        }
    }

    /** Returns the names of the headers that a page may read from a response with these headers. */
    static String exposed(Set<String> headers) {
        var exposed = new TreeSet<>(ALWAYS);
        headers.stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .filter(name -> !NEVER.contains(name) && !name.startsWith("access-control-"))
                .forEach(exposed::add);
        return String.join(", ", exposed);
    }

    private boolean isAllowed(ContainerRequestContext request) {
        return origins.allow(request.getHeaderString("origin"));
    }

    /** Returns the valid names of headers in a preflight. */
    private static String requested(String headers) {
        return headers == null
                ? ""
                : Arrays.stream(headers.split(","))
                        .map(String::strip)
                        .filter(TOKEN.asMatchPredicate())
                        .distinct()
                        .limit(MAX_HEADERS)
                        .collect(Collectors.joining(", "));
    }
}
