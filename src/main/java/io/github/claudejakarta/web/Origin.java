package io.github.claudejakarta.web;

import io.github.claudejakarta.net.Authority;
import io.github.claudejakarta.net.Host;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The origin of a web page: scheme, host and port. Two spellings of one origin are equal. Case is ignored, the scheme's
 * default port is optional, an IPv6 address may be shortened in any way, and a name may be in ASCII or in Unicode
 * ({@link Host}).
 *
 * @param host the host in the form of {@link Host}: in lower case and ASCII; an IPv6 address in brackets
 * @param port the port; the scheme's default if the text has none
 */
public record Origin(String scheme, String host, int port) {

    private static final Pattern FORMAT = Pattern.compile("(https?)://([^/?#\\s]+)", Pattern.CASE_INSENSITIVE);

    /**
     * Reads a header such as {@code https://app.example}. Returns empty for other schemes, for the text {@code null},
     * and for a URL with a path.
     */
    public static Optional<Origin> of(String text) {
        Matcher matcher = FORMAT.matcher(text.strip());
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String scheme = matcher.group(1).toLowerCase(Locale.ROOT);
        return Authority.of(matcher.group(2))
                .filter(authority -> authority.user().isEmpty())
                .map(authority -> new Origin(scheme, authority.host().name(), authority.port(scheme)));
    }
}
