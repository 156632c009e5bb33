package io.github.claudejakarta.claude.http;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A key in a request. A request may have several keys: as {@code x-api-key} and as {@code Authorization: Bearer}, in a
 * header that is sent twice, or joined with commas by a proxy. Blank keys and other schemes of {@code Authorization},
 * which are meant for a proxy, are ignored.
 *
 * @param header {@link #API_KEY} or {@link #AUTHORIZATION}
 * @param key without the scheme; never blank
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-11.1">RFC 9110, 11.1: schemes are case-insensitive, and
 *     followed by spaces</a>
 */
public record Credential(String header, String key) {

    public static final String API_KEY = "x-api-key";
    public static final String AUTHORIZATION = "authorization";

    /** The maximum number of keys in one header. More keys are ignored. */
    private static final int MAX_KEYS = 10;

    private static final Pattern COMMA = Pattern.compile(",");
    /** A comma between two credentials. Other commas are within the parameters of a scheme. */
    private static final Pattern COMMA_BEFORE_SCHEME =
            Pattern.compile(",(?=\\s*(?:[A-Za-z-]+\\s|bearer\\s*(?:,|$)))", Pattern.CASE_INSENSITIVE);

    private static final Pattern BEARER = Pattern.compile("bearer\\s+(\\S.*)", Pattern.CASE_INSENSITIVE);

    /**
     * Returns the keys of a request in order of precedence.
     *
     * @param apiKey the values of {@code x-api-key}, joined with commas; null if absent
     * @param authorization the values of {@code Authorization}, joined with commas; null if absent
     */
    public static List<Credential> of(String apiKey, String authorization) {
        Stream<Credential> bearers = elements(authorization, COMMA_BEFORE_SCHEME)
                .map(BEARER::matcher)
                .filter(Matcher::matches)
                .map(matcher -> new Credential(AUTHORIZATION, matcher.group(1)));
        return Stream.concat(apiKeys(apiKey), bearers).toList();
    }

    /**
     * Returns the keys in {@code x-api-key}. A configured key may contain a comma, so the whole value counts as a key
     * too, after its elements.
     */
    private static Stream<Credential> apiKeys(String header) {
        Stream<String> whole = header != null && header.contains(",") ? Stream.of(header.strip()) : Stream.of();
        return Stream.concat(elements(header, COMMA), whole).map(key -> new Credential(API_KEY, key));
    }

    private static Stream<String> elements(String header, Pattern separator) {
        return header == null
                ? Stream.of()
                : separator
                        .splitAsStream(header)
                        .map(String::strip)
                        .filter(element -> !element.isEmpty())
                        .limit(MAX_KEYS);
    }

    /** Returns the value of the header. */
    public String value() {
        return header.equals(API_KEY) ? key : "Bearer " + key;
    }

    /** Returns the name of the header, without the key. */
    @Override
    public String toString() {
        return header;
    }
}
