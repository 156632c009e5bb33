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
 * Gives each answer a {@code request-id}, as Anthropic's have: Claude's, or one of ours. It runs before filters of the
 * default priority, such as the log's, which read the id.
 */
@Provider
@Priority(Priorities.USER + 1)
public class RequestIdFilter implements ContainerResponseFilter {

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        response.getHeaders().computeIfAbsent("request-id", name -> new ArrayList<>(List.of(RandomId.of("req_"))));
    }
}
