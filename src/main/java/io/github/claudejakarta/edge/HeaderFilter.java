package io.github.claudejakarta.edge;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.regex.Pattern;

/**
 * Removes the spaces and tabs around the values of request headers. Liberty keeps them at the end of a value.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-5.5">RFC 9110, 5.5: a field value excludes the white
 *     space around it</a>
 */
public class HeaderFilter extends HttpFilter {

    private static final long serialVersionUID = 1;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        chain.doFilter(new Trimmed(request), response);
    }

    private static final class Trimmed extends HttpServletRequestWrapper {

        private static final Pattern SPACE_AFTER_HOST = Pattern.compile("[ \\t]+(?=(:[0-9]*)?/)");

        Trimmed(HttpServletRequest request) {
            super(request);
        }

        @Override
        public String getHeader(String name) {
            return trimmed(super.getHeader(name));
        }

        @Override
        public Enumeration<String> getHeaders(String name) {
            return Collections.enumeration(Collections.list(super.getHeaders(name)).stream()
                    .map(Trimmed::trimmed)
                    .toList());
        }

        @Override
        public String getContentType() {
            return trimmed(super.getContentType());
        }

        /** Returns the URL, which contains the host from the header. */
        @Override
        public StringBuffer getRequestURL() {
            return new StringBuffer(
                    SPACE_AFTER_HOST.matcher(super.getRequestURL()).replaceFirst(""));
        }

        private static String trimmed(String value) {
            return value == null ? null : value.strip();
        }
    }
}
