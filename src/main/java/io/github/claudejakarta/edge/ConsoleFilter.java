package io.github.claudejakarta.edge;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;

/**
 * Makes browsers revalidate the console's files at each use, because files of two versions do not fit together. Most
 * files are not sent again. Methods other than {@code GET} and {@code HEAD} get 405; without this filter the server
 * would send the file for any method.
 */
public class ConsoleFilter extends HttpFilter {

    private static final long serialVersionUID = 1;
    private static final List<String> METHODS = List.of("GET", "HEAD");

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!METHODS.contains(request.getMethod())) {
            response.setHeader("Allow", String.join(", ", METHODS));
            ErrorPage.write(
                    ClaudeException.of(405, ErrorType.INVALID_REQUEST, "This path does not accept the method"),
                    response);
            return;
        }
        response.setHeader("Cache-Control", "no-cache");
        chain.doFilter(request, response);
    }
}
