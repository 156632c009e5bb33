package io.github.claudejakarta.edge;

import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClientSettings;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.ext.Provider;

/** Marks the responses of a server with the simulator, including those from stored streams. */
@Provider
public class SimulatorFilter implements ContainerResponseFilter {

    @Inject
    private ClientSettings settings;

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (settings.isSimulated()) {
            response.getHeaders().putSingle(ClaudeAnswer.SIMULATOR, "true");
        }
    }
}
