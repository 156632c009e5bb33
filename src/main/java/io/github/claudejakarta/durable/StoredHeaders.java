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
 * The headers and options of a submission that are stored because they are needed later: the headers for Claude and the
 * options for this server. Keys are never stored.
 *
 * @param values names in lower case. Names that begin with a colon are options and not headers
 */
public record StoredHeaders(Map<String, String> values) {

    public static final StoredHeaders NONE = new StoredHeaders(Map.of());

    private static final String PREFIX = "anthropic-";
    private static final String TIMEOUT = ":timeout";
    private static final String CORRELATION = ":correlation";
    /** The maximum length of the JSON text, including quotes and escapes. The column has the same length. */
    private static final int MAX_LENGTH = 4_000;

    public StoredHeaders {
        values = Map.copyOf(values);
    }

    /**
     * Returns the {@code anthropic-*} headers of a request to this server.
     *
     * @param forwarded headers that may be sent to Claude, names in lower case
     * @throws ClaudeException {@code invalid_request_error} if they are too long to be stored
     */
    public static StoredHeaders of(Map<String, String> forwarded) {
        var stored = new TreeMap<>(forwarded);
        stored.keySet().removeIf(name -> !name.startsWith(PREFIX));
        return new StoredHeaders(stored)
                .requireFits("The headers that begin with anthropic- are too long: they may have at most " + MAX_LENGTH
                        + " characters in total as JSON");
    }

    /**
     * Returns the options of a job or batch that are stored.
     *
     * @param what {@code job} or {@code batch}, for messages
     * @throws ClaudeException {@code invalid_request_error} for options with a key, and for headers that are too long
     */
    public static StoredHeaders of(RequestOptions options, String what) {
        if (options.apiKey().isPresent()) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "options: withApiKey is not allowed for a " + what + ", because keys are not stored. "
                            + "Remove it: the " + what + " is sent with the server's key (claude.api-key).");
        }
        var stored = new TreeMap<>(options.headers());
        options.recovery().ifPresent(mode -> stored.put(RecoveryMode.HEADER, mode.toString()));
        options.timeout().ifPresent(limit -> stored.put(TIMEOUT, limit.toString()));
        options.correlation().ifPresent(id -> stored.put(CORRELATION, id));
        return new StoredHeaders(stored)
                .requireFits("options: the headers of a " + what + " have more than " + MAX_LENGTH
                        + " characters. Send fewer or shorter headers");
    }

    private StoredHeaders requireFits(String tooLong) {
        if (json().length() > MAX_LENGTH) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, tooLong);
        }
        return this;
    }

    /** Returns a copy with one more option. */
    public StoredHeaders with(String name, String value) {
        var copy = new TreeMap<>(values);
        copy.put(name, value);
        return new StoredHeaders(copy);
    }

    /** Returns the headers that are sent to Claude. */
    public Map<String, String> forClaude() {
        var headers = new TreeMap<>(values);
        headers.keySet().removeIf(name -> name.startsWith(":") || name.equals(RecoveryMode.HEADER));
        return headers;
    }

    /** Returns the timeout of an attempt; empty if it has none. */
    public Optional<Duration> timeout() {
        return Optional.ofNullable(values.get(TIMEOUT)).map(Duration::parse);
    }

    /** Returns the correlation id of the application; empty if it has none. */
    public Optional<String> correlation() {
        return Optional.ofNullable(values.get(CORRELATION));
    }

    /** Reads headers that {@link #json} wrote. */
    public static StoredHeaders parse(String json) {
        var values = new TreeMap<String, String>();
        try (var reader = Json.createReader(new StringReader(json))) {
            reader.readObject().forEach((name, value) -> values.put(name, ((JsonString) value).getString()));
        }
        return new StoredHeaders(values);
    }

    /** Returns the headers as a JSON object, for a column. */
    public String json() {
        JsonObjectBuilder json = Json.createObjectBuilder();
        new TreeMap<>(values).forEach(json::add);
        return json.build().toString();
    }
}
