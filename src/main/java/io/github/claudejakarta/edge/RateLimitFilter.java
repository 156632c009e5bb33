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
 * Holds callers to their limits, and tells them what is left. A caller with limits of its own sees those and not the
 * server's at Claude, but for an error that comes from there.
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
        Map<String, String> ours =
                request.getProperty(CALLER) instanceof String caller ? limits.headers(caller) : Map.of();
        boolean isClaudesError = response.getStatus() >= 400
                && response.getHeaders().keySet().stream().anyMatch(RateLimitFilter::isRateLimit);
        if (!ours.isEmpty() && !isClaudesError) {
            response.getHeaders().keySet().removeIf(RateLimitFilter::isRateLimit);
            ours.forEach(response.getHeaders()::putSingle);
        }
    }

    private static boolean isRateLimit(String header) {
        return header.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }
}
