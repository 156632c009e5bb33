package io.github.claudejakarta.web;

import io.github.claudejakarta.net.Authority;
import io.github.claudejakarta.net.Host;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The origin of a web page: scheme, host and port. Two spellings of the same origin are equal: case does not count, the
 * scheme's default port may be spelled out or left out, an IPv6 address may be shortened in any way, and a name may be
 * written in ASCII or not ({@link Host}).
 *
 * @param host as {@link Host} spells it: in lower case and ASCII; an IPv6 address in brackets
 * @param port the scheme's default where none is spelled
 */
public record Origin(String scheme, String host, int port) {

    private static final Pattern SPELLING = Pattern.compile("(https?)://([^/?#\\s]+)", Pattern.CASE_INSENSITIVE);

    /**
     * Reads a header such as {@code https://app.example}. Empty for other schemes, for {@code null}, and for a URL with
     * a path.
     */
    public static Optional<Origin> of(String text) {
        Matcher spelled = SPELLING.matcher(text.strip());
        if (!spelled.matches()) {
            return Optional.empty();
        }
        String scheme = spelled.group(1).toLowerCase(Locale.ROOT);
        return Authority.of(spelled.group(2))
                .filter(authority -> authority.user().isEmpty())
                .map(authority -> new Origin(scheme, authority.host().name(), authority.port(scheme)));
    }
}
