package io.github.claudejakarta.edge;

import io.github.claudejakarta.web.RandomId;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.ext.Provider;
import java.util.ArrayList;
import java.util.List;

/**
 * Adds a {@code request-id} to each response, as Anthropic does: Claude's id, or an id of this server. It runs before
 * filters of the default priority, such as the log's, which read the id.
 */
@Provider
@Priority(Priorities.USER + 1)
public class RequestIdFilter implements ContainerResponseFilter {

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        response.getHeaders().computeIfAbsent("request-id", name -> new ArrayList<>(List.of(RandomId.of("req_"))));
    }
}
