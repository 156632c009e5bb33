package io.github.claudejakarta.web;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The path of a URI. One path can be spelled in several ways, and every filter has to see the same spelling as the
 * routing.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2">RFC 3986, 6.2.2: syntax-based normalization</a>
 */
public final class UriPath {

    private static final Pattern ENCODED = Pattern.compile("%([0-9A-Fa-f]{2})");

    private UriPath() {}

    /**
     * Decodes the encoded characters that need no encoding (letters, digits, {@code - . _ ~}), and keeps all others
     * encoded. It decodes only once.
     */
    public static String normalized(String path) {
        return ENCODED.matcher(path).replaceAll(encoded -> {
            char decoded = (char) Integer.parseInt(encoded.group(1), 16);
            return isUnreserved(decoded)
                    ? String.valueOf(decoded)
                    : encoded.group().toUpperCase(Locale.ROOT);
        });
    }

    private static boolean isUnreserved(char c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~';
    }

    /**
     * Returns whether the path contains an encoded slash, backslash or number sign. Within a segment, one server treats
     * each of them as a separator and another as a part of a name.
     *
     * @param path as {@link #normalized} returns it
     */
    public static boolean hasEncodedSeparator(String path) {
        return path.contains("%2F") || path.contains("%5C") || path.contains("%23");
    }

    /**
     * Returns whether a segment is {@code .} or {@code ..}, with or without parameters. Clients resolve such segments
     * before they send a path; servers and proxies on the way disagree about them.
     *
     * @param path as {@link #normalized} returns it
     */
    public static boolean hasDotSegment(String path) {
        return Arrays.stream(path.split("/"))
                .map(segment -> segment.split(";", 2)[0])
                .anyMatch(name -> name.equals(".") || name.equals(".."));
    }
}
