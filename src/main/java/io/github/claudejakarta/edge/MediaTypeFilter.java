package io.github.claudejakarta.edge;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.Provider;
import java.util.HashMap;

/**
 * Removes the parameter {@code qs} from the {@code Content-Type} of responses. JAX-RS uses it only to choose among
 * several representations.
 */
@Provider
public class MediaTypeFilter implements ContainerResponseFilter {

    private static final String QUALITY_OF_SOURCE = "qs";

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        MediaType type = response.getMediaType();
        if (type != null && type.getParameters().containsKey(QUALITY_OF_SOURCE)) {
            var parameters = new HashMap<>(type.getParameters());
            parameters.remove(QUALITY_OF_SOURCE);
            response.getHeaders()
                    .putSingle(HttpHeaders.CONTENT_TYPE, new MediaType(type.getType(), type.getSubtype(), parameters));
        }
    }
}
