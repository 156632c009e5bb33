package io.github.claudejakarta.app;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.Provider;
import java.nio.charset.Charset;
import java.util.List;
import java.util.stream.Stream;

/**
 * Refuses a {@code Content-Type} or {@code Accept} that is none, before the server stumbles over it.
 */
@Provider
@PreMatching
public class NegotiationFilter implements ContainerRequestFilter {

    @Override
    public void filter(ContainerRequestContext request) {
        String contentType = request.getHeaderString(HttpHeaders.CONTENT_TYPE);
        if (contentType != null && !isMediaType(contentType)) {
            throw ClaudeException.of(415, ErrorType.INVALID_REQUEST, ErrorMapper.CONTENT_TYPES);
        }
        for (String accept : request.getHeaders().getOrDefault(HttpHeaders.ACCEPT, List.of())) {
            if (!accept.isBlank() && !Stream.of(accept.split(",")).allMatch(NegotiationFilter::isMediaRange)) {
                throw ClaudeException.of(ErrorType.INVALID_REQUEST, "Accept: Input should be media types, as application/json");
            }
        }
    }

    private static boolean isMediaRange(String text) {
        try {
            MediaType type = MediaType.valueOf(text.strip());
            String quality = type.getParameters().get("q");
            return quality == null || quality.matches("[01](\\.[0-9]{0,3})?");
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isMediaType(String text) {
        try {
            MediaType type = MediaType.valueOf(text);
            String charset = type.getParameters().get(MediaType.CHARSET_PARAMETER);
            return charset == null || Charset.isSupported(charset);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
