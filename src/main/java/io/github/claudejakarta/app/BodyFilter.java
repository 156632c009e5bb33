package io.github.claudejakarta.app;

import io.github.claudejakarta.claude.http.MessagesBody;
import io.github.claudejakarta.claude.http.Watchdog;
import io.github.claudejakarta.observe.RequestRecord;
import io.github.claudejakarta.web.BodySettings;
import io.github.claudejakarta.web.BodyRoom;
import io.github.claudejakarta.web.ClientConnection;
import io.github.claudejakarta.web.MemoryBudget;
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
import jakarta.ws.rs.ext.Provider;
import java.util.Set;

/**
 * Before a body is read: whether there is memory for it, and from then on, whether it keeps coming. Bodies of batches are not kept in memory.
 * The room is given back when the answer begins, or the request is over: what is passed on is let go then. Whoever keeps the body for longer
 * takes it over.
 */
@Provider
@Priority(Priorities.ENTITY_CODER)
public class BodyFilter implements ContainerRequestFilter, ContainerResponseFilter {

    private static final String ROOM = BodyFilter.class.getName();
    /** Over HTTP/2 a body may come without a word about it. */
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

    @Inject
    private MemoryBudget budget;
    @Inject
    private BodySettings settings;
    @Inject
    private Watchdog watchdog;
    @Context
    private HttpServletRequest servlet;

    @Override
    public void filter(ContainerRequestContext request) {
        if (!mayHaveBody(request)) {
            return;
        }
        time(request);
        if (!isOfBatch(request.getUriInfo().getPath(false))) {
            makeRoom(request);
        }
    }

    private static boolean mayHaveBody(ContainerRequestContext request) {
        return request.getLength() > 0 || request.getLength() < 0 && WITH_BODY.contains(request.getMethod());
    }

    private static boolean isOfBatch(String path) {
        return path.matches("/?(messages/)?batches(/.*)?");
    }

    private void time(ContainerRequestContext request) {
        var body = new TimedBody(request.getEntityStream(), settings.timeout(), System::nanoTime);
        ClientConnection connection = RequestRecord.connection();
        Watchdog.Watched watched = now -> {
            if (body.isTooSlow()) {
                connection.endInput();
            }
        };
        watchdog.watch(watched);
        RequestRecord.whenOver(() -> watchdog.forget(watched));
        request.setEntityStream(body);
    }

    private void makeRoom(ContainerRequestContext request) {
        var room = new BodyRoom(budget);
        // Before any is taken: what is refused half-way is given back too.
        room.isOf(servlet);
        request.setProperty(ROOM, room);
        RequestRecord.whenOver(room::endWithRequest);
        if (request.getLength() < 0) {
            request.setEntityStream(room.growing(request.getEntityStream()));
        } else {
            room.atLeast(Math.min(request.getLength(), MessagesBody.MAX_BYTES));
        }
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (request.getProperty(ROOM) instanceof BodyRoom room) {
            room.endWithRequest();
        }
        // The rest of what came too slowly is not waited for, nor read on after the answer.
        if (response.getStatus() == 408) {
            response.getHeaders().putSingle("Connection", "close");
            RequestRecord.connection().endInput();
        }
    }
}
