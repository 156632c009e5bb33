package io.github.claudejakarta.claude.http;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A key that a request carries. A request may carry several: as {@code x-api-key} and as {@code Authorization: Bearer},
 * in a header that is sent twice, or joined with commas by a proxy. A blank key does not count, nor does another scheme
 * of {@code Authorization}, which is meant for a proxy.
 *
 * @param header {@link #API_KEY} or {@link #AUTHORIZATION}
 * @param key without the scheme; never blank
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-11.1">RFC 9110, 11.1: schemes are case-insensitive, and
 *     followed by spaces</a>
 */
public record Credential(String header, String key) {

    public static final String API_KEY = "x-api-key";
    public static final String AUTHORIZATION = "authorization";

    /** More keys in one header are not read. */
    private static final int MOST = 10;

    private static final Pattern COMMA = Pattern.compile(",");
    /** Other commas are within the parameters of a scheme. */
    private static final Pattern COMMA_BEFORE_SCHEME =
            Pattern.compile(",(?=\\s*(?:[A-Za-z-]+\\s|bearer\\s*(?:,|$)))", Pattern.CASE_INSENSITIVE);

    private static final Pattern BEARER = Pattern.compile("bearer\\s+(\\S.*)", Pattern.CASE_INSENSITIVE);

    /**
     * Returns the keys of a request in the order in which they count.
     *
     * @param apiKey the values of {@code x-api-key}, joined with commas; null where it is absent
     * @param authorization the values of {@code Authorization}, joined with commas; null where it is absent
     */
    public static List<Credential> of(String apiKey, String authorization) {
        Stream<Credential> bearers = elements(authorization, COMMA_BEFORE_SCHEME)
                .map(BEARER::matcher)
                .filter(Matcher::matches)
                .map(matcher -> new Credential(AUTHORIZATION, matcher.group(1)));
        return Stream.concat(apiKeys(apiKey), bearers).toList();
    }

    /** A configured key may have a comma, so the whole value is a key too, after its elements. */
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
                        .limit(MOST);
    }

    /** Returns the header's value. */
    public String value() {
        return header.equals(API_KEY) ? key : "Bearer " + key;
    }

    /** Does not show the key. */
    @Override
    public String toString() {
        return header;
    }
}
