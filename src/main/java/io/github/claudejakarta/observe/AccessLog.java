package io.github.claudejakarta.observe;

import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes one line for each request to {@code /v1}, when its answer has ended; of a stream that is when its client has
 * had the last event, or has left. As text ({@code status=200 caller=teller ...}) or as a JSON object, by
 * {@code claude.log.format}.
 */
public class AccessLog extends HttpFilter {

    /** A logger of its own, so that it can be switched off, or written elsewhere. */
    static final Logger LOG = Logger.getLogger("io.github.claudejakarta.access");

    private static final long serialVersionUID = 1;
    private static final Pattern WORD = Pattern.compile("[\\x21-\\x7e&&[^\"=]]+");

    @Inject
    private transient LogFormat format;

    @Inject
    private transient CallerCounts counts;

    @Inject
    private transient OpenRequests open;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        RequestRecord served = RequestRecord.enter(request);
        open.add(served);
        RequestRecord.whenOver(() -> {
            counts.answered(served.caller(), served.status());
            LOG.info(() -> format == LogFormat.JSON ? json(served.fields()) : text(served.fields()));
        });
        try {
            chain.doFilter(request, response);
        } finally {
            // By who serves it, and not by the container's listeners: to ask Liberty for its AsyncContext while another
            // thread ends it loses the answer.
            served.answeredOtherwise(response.getStatus());
            served.leave();
        }
    }

    private static String text(Map<String, Object> fields) {
        return fields.entrySet().stream()
                .map(field -> field.getKey() + "=" + word(field.getValue().toString()))
                .collect(Collectors.joining(" "));
    }

    /** Quoted, where it could be taken for more than one value, or for another line. */
    static String word(String value) {
        return WORD.matcher(value).matches() ? value : Json.createValue(value).toString();
    }

    private static String json(Map<String, Object> fields) {
        return Json.createObjectBuilder(fields).build().toString();
    }
}
