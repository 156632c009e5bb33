package io.github.claudejakarta.observe;

import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.ServedRequest;
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
 * Writes one line for each request to {@code /v1} when its answer has ended. The answer of a stream ends when its
 * client has received the last event, or has closed the connection. {@code claude.log.format} selects text
 * ({@code status=200 caller=teller ...}) or a JSON object.
 */
public class AccessLog extends HttpFilter {

    /** A separate logger, so that it can be disabled, or written to another file. */
    static final Logger LOG = Logger.getLogger("io.github.claudejakarta.access");

    private static final long serialVersionUID = 1;
    private static final Pattern WORD = Pattern.compile("[\\x21-\\x7e&&[^\"=]]+");

    @Inject
    private transient LogFormat format;

    @Inject
    private transient CallerCounts counts;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        ServedRequest served = ServedRequest.of(request);
        var record = new RequestRecord(request, served);
        served.attach(record);
        served.onEnd(() -> {
            counts.answered(served.caller().map(Caller::name).orElse(null), record.status());
            LOG.info(() -> format == LogFormat.JSON ? json(record.fields()) : text(record.fields()));
        });
        try {
            chain.doFilter(request, response);
        } finally {
            record.answeredOutsideJaxRs(response.getStatus());
        }
    }

    private static String text(Map<String, Object> fields) {
        return fields.entrySet().stream()
                .map(field -> field.getKey() + "=" + word(field.getValue().toString()))
                .collect(Collectors.joining(" "));
    }

    /** Returns a value; in quotes if a parser could read it as several values or lines. */
    static String word(String value) {
        return WORD.matcher(value).matches() ? value : Json.createValue(value).toString();
    }

    private static String json(Map<String, Object> fields) {
        return Json.createObjectBuilder(fields).build().toString();
    }
}
