package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.RequestOptions;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import java.io.StringReader;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The headers of a submission that are needed later: those that go to Claude, and what the submission says to this
 * module. Keys are never kept.
 *
 * @param values names in lower case. Names that begin with a colon are no headers, but other options
 */
public record StoredHeaders(Map<String, String> values) {

    public static final StoredHeaders NONE = new StoredHeaders(Map.of());

    private static final String PREFIX = "anthropic-";
    private static final String TIMEOUT = ":timeout";
    private static final String CORRELATION = ":correlation";
    /** As long as the column, with all quotes and escapes. */
    private static final int LONGEST = 4_000;

    public StoredHeaders {
        values = Map.copyOf(values);
    }

    /**
     * Returns the {@code anthropic-*} headers of a request to this server.
     *
     * @param forwarded headers that may go upstream, names in lower case
     * @throws ClaudeException {@code invalid_request_error} where they are too long to be kept
     */
    public static StoredHeaders of(Map<String, String> forwarded) {
        var kept = new TreeMap<>(forwarded);
        kept.keySet().removeIf(name -> !name.startsWith(PREFIX));
        return new StoredHeaders(kept).checked("The anthropic- headers are too long");
    }

    /**
     * Returns what is kept of the options of a job or batch.
     *
     * @param what {@code job} or {@code batch}, for messages
     * @throws ClaudeException {@code invalid_request_error} for options with a key, and for headers that are too long
     */
    public static StoredHeaders of(RequestOptions options, String what) {
        if (options.apiKey().isPresent()) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "options: a " + what + " cannot have a key of its own (withApiKey), because keys are not stored. "
                            + "It is sent with the server's key (claude.api-key).");
        }
        var kept = new TreeMap<>(options.headers());
        options.recovery().ifPresent(mode -> kept.put(RecoveryMode.HEADER, mode.toString()));
        options.timeout().ifPresent(limit -> kept.put(TIMEOUT, limit.toString()));
        options.correlation().ifPresent(id -> kept.put(CORRELATION, id));
        return new StoredHeaders(kept)
                .checked("options: the headers of a " + what + " have more than " + LONGEST + " characters");
    }

    private StoredHeaders checked(String tooLong) {
        if (json().length() > LONGEST) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, tooLong);
        }
        return this;
    }

    /** The same with one that is for us alone. */
    public StoredHeaders with(String name, String value) {
        var more = new TreeMap<>(values);
        more.put(name, value);
        return new StoredHeaders(more);
    }

    /** Returns the headers that go to Claude. */
    public Map<String, String> forClaude() {
        var some = new TreeMap<>(values);
        some.keySet().removeIf(name -> name.startsWith(":") || name.equals(RecoveryMode.HEADER));
        return some;
    }

    /** Returns the time limit of an attempt; empty without one. */
    public Optional<Duration> timeout() {
        return Optional.ofNullable(values.get(TIMEOUT)).map(Duration::parse);
    }

    /** Returns the application's own id; empty without one. */
    public Optional<String> correlation() {
        return Optional.ofNullable(values.get(CORRELATION));
    }

    /** As {@link #json} wrote them. */
    public static StoredHeaders parse(String json) {
        var values = new TreeMap<String, String>();
        try (var reader = Json.createReader(new StringReader(json))) {
            reader.readObject().forEach((name, value) -> values.put(name, ((JsonString) value).getString()));
        }
        return new StoredHeaders(values);
    }

    /** A JSON object, for a column. */
    public String json() {
        JsonObjectBuilder json = Json.createObjectBuilder();
        new TreeMap<>(values).forEach(json::add);
        return json.build().toString();
    }
}
