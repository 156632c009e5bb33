package io.github.claudejakarta.edge;

import io.github.claudejakarta.usage.RateLimits;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.RateLimited;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;
import java.util.Map;

/**
 * Enforces the limits of callers, and reports in headers how much of a limit is left. A caller with its own limits gets
 * these headers, and not those of the server's account at Claude. Errors of Claude keep Claude's headers.
 */
@Provider
@RateLimited
@Priority(Priorities.AUTHORIZATION)
public class RateLimitFilter implements ContainerRequestFilter, ContainerResponseFilter {

    private static final String CALLER = RateLimitFilter.class.getName();
    private static final String PREFIX = "anthropic-ratelimit-";

    @Inject
    private RateLimits limits;

    @Context
    private ResourceInfo resource;

    @Override
    public void filter(ContainerRequestContext request) {
        boolean isForTokens =
                resource.getResourceMethod().getAnnotation(RateLimited.class).tokens();
        String caller = Caller.of(request.getSecurityContext()).name();
        request.setProperty(CALLER, caller);
        limits.admit(caller, isForTokens);
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        Map<String, String> own =
                request.getProperty(CALLER) instanceof String caller ? limits.headers(caller) : Map.of();
        boolean isClaudesError = response.getStatus() >= 400
                && response.getHeaders().keySet().stream().anyMatch(RateLimitFilter::isRateLimit);
        if (!own.isEmpty() && !isClaudesError) {
            response.getHeaders().keySet().removeIf(RateLimitFilter::isRateLimit);
            own.forEach(response.getHeaders()::putSingle);
        }
    }

    private static boolean isRateLimit(String header) {
        return header.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }
}
