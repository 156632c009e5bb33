package io.github.claudejakarta.edge;

import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.BodySettings;
import io.github.claudejakarta.web.ContentLength;
import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.Shutdown;
import io.github.claudejakarta.web.TimedBody;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.ext.Provider;
import java.util.Set;

/**
 * Gives each request a memory reservation, for its body and its answer, and checks that the body keeps arriving. The
 * reservation is released when the request ends, unless it has been handed over to code that keeps the body for longer.
 */
@Provider
@Priority(Priorities.ENTITY_CODER)
public class BodyFilter implements ContainerRequestFilter, ContainerResponseFilter {

    /** The methods whose requests may have a body without a {@code Content-Length}, as over HTTP/2. */
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

    @Inject
    private MemoryBudget budget;

    @Inject
    private BodySettings settings;

    @Inject
    private Watchdog watchdog;

    @Inject
    private Shutdown shutdown;

    @Context
    private HttpServletRequest servlet;

    @Override
    public void filter(ContainerRequestContext request) {
        var memory = new BodyReservation(budget);
        ServedRequest served = ServedRequest.of(servlet);
        served.attach(memory);
        served.closeAtEnd(memory);
        if (mayHaveBody(request)) {
            time(request, served);
        }
    }

    private static boolean mayHaveBody(ContainerRequestContext request) {
        long length = ContentLength.of(request.getHeaderString(HttpHeaders.CONTENT_LENGTH));
        return length > 0 || length < 0 && WITH_BODY.contains(request.getMethod());
    }

    private void time(ContainerRequestContext request, ServedRequest served) {
        var body = new TimedBody(request.getEntityStream(), settings.timeout(), Ticker.SYSTEM);
        ClientConnection connection = served.connection();
        Watchdog.Watched watched = now -> {
            if (body.isTooSlow() || shutdown.hasBegun() && body.refuse(Shutdown.refusal())) {
                connection.endInput();
            }
        };
        watchdog.watch(watched);
        served.onEnd(() -> watchdog.forget(watched));
        request.setEntityStream(body);
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        // The rest of a body that arrived too slowly is not read.
        if (response.getStatus() == 408) {
            response.getHeaders().putSingle("Connection", "close");
            ServedRequest.current().ifPresent(served -> served.connection().endInput());
        }
    }
}
