package io.github.claudejakarta.app;

import io.github.claudejakarta.claude.http.MessagesBody;
import io.github.claudejakarta.claude.http.Watchdog;
import io.github.claudejakarta.observe.RequestRecord;
import io.github.claudejakarta.web.ClientConnection;
import io.github.claudejakarta.web.MemoryBudget;
import io.github.claudejakarta.web.TimedBody;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.ext.Provider;

/**
 * Before a body is read: whether there is memory for it, and from then on, whether it keeps coming. Bodies of batches are not kept in memory.
 * The room is given back when the answer begins, or the request is over: what is passed on is let go then.
 */
@Provider
@Priority(Priorities.ENTITY_CODER)
public class BodyFilter implements ContainerRequestFilter, ContainerResponseFilter {

    private static final String ROOM = BodyFilter.class.getName();

    @Inject
    private MemoryBudget budget;
    @Inject
    private BodySettings settings;
    @Inject
    private Watchdog watchdog;

    @Override
    public void filter(ContainerRequestContext request) {
        time(request);
        if (isOfBatch(request.getUriInfo().getPath(false)) || !mayHaveBody(request)) {
            return;
        }
        Runnable room = budget.take(request.getLength() < 0 ? MessagesBody.MAX_BYTES : Math.min(request.getLength(), MessagesBody.MAX_BYTES));
        RequestRecord.whenOver(room);
        request.setProperty(ROOM, room);
    }

    private void time(ContainerRequestContext request) {
        if (!mayHaveBody(request)) {
            return;
        }
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

    private static boolean isOfBatch(String path) {
        return path.matches("/?(messages/)?batches(/.*)?");
    }

    private static boolean mayHaveBody(ContainerRequestContext request) {
        return request.getLength() > 0 || request.getHeaders().containsKey("transfer-encoding");
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (request.getProperty(ROOM) instanceof Runnable room) {
            room.run();
        }
        // The rest of what came too slowly is not waited for.
        if (response.getStatus() == 408) {
            response.getHeaders().putSingle("Connection", "close");
        }
    }
}
