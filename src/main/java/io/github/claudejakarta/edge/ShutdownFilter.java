package io.github.claudejakarta.edge;

import io.github.claudejakarta.web.Shutdown;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;

/**
 * Rejects requests that arrive over open connections while the server shuts down, and closes the connection with each
 * response.
 */
@Provider
@PreMatching
@Priority(Priorities.AUTHENTICATION - 1)
public class ShutdownFilter implements ContainerRequestFilter, ContainerResponseFilter {

    @Inject
    private Shutdown shutdown;

    @Override
    public void filter(ContainerRequestContext request) {
        if (shutdown.hasBegun()) {
            throw Shutdown.refusal();
        }
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (shutdown.hasBegun()) {
            response.getHeaders().putSingle("Connection", "close");
        }
    }
}
