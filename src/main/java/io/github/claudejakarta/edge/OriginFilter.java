package io.github.claudejakarta.edge;

import io.github.claudejakarta.web.Origins;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;

/**
 * Lets pages of allowed origins read responses, including responses from outside JAX-RS. In responses of JAX-RS,
 * {@link CorsFilter} replaces the values that depend on their other headers.
 */
public class OriginFilter extends HttpFilter {

    private static final long serialVersionUID = 1;

    @Inject
    private transient Origins origins;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        String origin = request.getHeader("origin");
        if (origins.allow(origin)) {
            response.setHeader("Access-Control-Allow-Origin", origin.strip());
            response.setHeader("Vary", "Origin");
            response.setHeader(CorsFilter.EXPOSE_HEADERS, CorsFilter.exposed(Set.of()));
        }
        chain.doFilter(request, response);
    }
}
