package io.github.claudejakarta.edge;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.web.UriPath;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;

/**
 * Rejects requests whose target is not a URI in UTF-8 (RFC 3986), before JAX-RS fails on it, and passes on the
 * normalized path. JAX-RS compares paths as they are spelled, but the container decodes them to choose filters.
 */
public class UriFilter extends HttpFilter {

    private static final long serialVersionUID = 1;
    private static final char REPLACEMENT_CHARACTER = '\uFFFD';

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        String path = UriPath.normalized(request.getRequestURI());
        String query = request.getQueryString();
        if (isUri(path + (query == null ? "" : "?" + query))
                && !UriPath.hasDotSegment(path)
                && !UriPath.hasEncodedSeparator(path)) {
            chain.doFilter(path.equals(request.getRequestURI()) ? request : new Normalized(request), response);
        } else {
            ErrorPage.write(
                    ClaudeException.of(
                            ErrorType.INVALID_REQUEST,
                            "The URL of the request is not well-formed. Percent-encode special characters as UTF-8, resolve the segments \".\" and \"..\","
                                    + " and do not use \"/\", \"\\\" or \"#\" in names."),
                    response);
        }
    }

    private static boolean isUri(String text) {
        try {
            var uri = new URI(text);
            return (uri.getPath() + uri.getQuery()).indexOf(REPLACEMENT_CHARACTER) < 0;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static final class Normalized extends HttpServletRequestWrapper {

        Normalized(HttpServletRequest request) {
            super(request);
        }

        /** Normalized at each call, because a forward changes the path. */
        @Override
        public String getRequestURI() {
            return UriPath.normalized(super.getRequestURI());
        }

        @Override
        public StringBuffer getRequestURL() {
            return new StringBuffer(UriPath.normalized(super.getRequestURL().toString()));
        }
    }
}
