package io.github.claudejakarta.app;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;

/** Refuses what is no URI (RFC 3986), or is none in UTF-8, before JAX-RS stumbles over it. */
public class UriFilter extends HttpFilter {

    private static final long serialVersionUID = 1;
    private static final char IN_PLACE_OF_WHAT_IS_NONE = '\uFFFD';

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
        String query = request.getQueryString();
        if (isUri(request.getRequestURI() + (query == null ? "" : "?" + query))) {
            chain.doFilter(request, response);
        } else {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST);
        }
    }

    private static boolean isUri(String text) {
        try {
            var uri = new URI(text);
            return (uri.getPath() + uri.getQuery()).indexOf(IN_PLACE_OF_WHAT_IS_NONE) < 0;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
