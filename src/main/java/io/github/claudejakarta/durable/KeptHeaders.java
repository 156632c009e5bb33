package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import java.io.StringReader;
import java.util.Map;
import java.util.TreeMap;

/**
 * The headers of a submission that count later: {@code anthropic-*}, which go to Claude, and what is said to us. Keys
 * are the server's own by then, and are never kept.
 *
 * @param values names in lower case
 */
public record KeptHeaders(Map<String, String> values) {

    public static final KeptHeaders NONE = new KeptHeaders(Map.of());

    private static final String PREFIX = "anthropic-";
    /** As long as the column, with all quotes and escapes. */
    private static final int LONGEST = 4_000;

    public KeptHeaders {
        values = Map.copyOf(values);
    }

    /**
     * @param forwarded headers that may go upstream, names in lower case
     * @throws ClaudeException {@code invalid_request_error} where they are too long to be kept
     */
    public static KeptHeaders of(Map<String, String> forwarded) {
        var kept = new TreeMap<>(forwarded);
        kept.keySet().removeIf(name -> !name.startsWith(PREFIX));
        var headers = new KeptHeaders(kept);
        if (headers.json().length() > LONGEST) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "The anthropic- headers are too long");
        }
        return headers;
    }

    /** The same with one that is for us alone. */
    public KeptHeaders with(String name, String value) {
        var more = new TreeMap<>(values);
        more.put(name, value);
        return new KeptHeaders(more);
    }

    /** Those that go to Claude. */
    public Map<String, String> forClaude() {
        var some = new TreeMap<>(values);
        some.keySet().removeIf(name -> !name.startsWith(PREFIX));
        return some;
    }

    /** As {@link #json} wrote them. */
    public static KeptHeaders parse(String json) {
        var values = new TreeMap<String, String>();
        try (var reader = Json.createReader(new StringReader(json))) {
            reader.readObject().forEach((name, value) -> values.put(name, ((JsonString) value).getString()));
        }
        return new KeptHeaders(values);
    }

    /** A JSON object, for a column. */
    public String json() {
        JsonObjectBuilder json = Json.createObjectBuilder();
        new TreeMap<>(values).forEach(json::add);
        return json.build().toString();
    }
}
