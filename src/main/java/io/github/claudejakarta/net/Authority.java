package io.github.claudejakarta.net;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of a URL between {@code //} and its path. For names with {@code _} or with letters beyond ASCII, {@link URI}
 * itself returns neither host nor port.
 *
 * @param user user and password, percent-encoded, as {@code user:password}; empty if the URL has none
 * @param host without its port
 * @param port from 0 to 65535, or -1 if the URL has none
 */
public record Authority(Optional<String> user, Host host, int port) {

    private static final Pattern SPELLING = Pattern.compile("(?:([^@]*)@)?(\\[[^]@]*]|[^:@\\[\\]]*)(?::(\\d{0,5}))?");
    private static final int MAX_PORT = 65_535;

    /** Returns the authority of a URL. Empty if the URL has none, or if it is not a host with an optional port. */
    public static Optional<Authority> of(URI url) {
        return Optional.ofNullable(url.getRawAuthority()).flatMap(Authority::of);
    }

    /** Reads an authority such as {@code host:8080}. Empty for any other text. */
    public static Optional<Authority> of(String text) {
        Matcher spelled = SPELLING.matcher(text);
        if (!spelled.matches()) {
            return Optional.empty();
        }
        int port = spelled.group(3) == null || spelled.group(3).isEmpty() ? -1 : Integer.parseInt(spelled.group(3));
        return Host.of(spelled.group(2))
                .filter(host -> port <= MAX_PORT)
                .map(host -> new Authority(Optional.ofNullable(spelled.group(1)), host, port));
    }

    /** Returns the port, or the default port of the scheme if the URL has none. */
    public int port(String scheme) {
        return port >= 0 ? port : "https".equalsIgnoreCase(scheme) ? 443 : 80;
    }

    /** Returns the URL with its host in ASCII, as it is sent. The rest of the URL is unchanged. */
    public static URI inAscii(URI url) {
        String written = url.getRawAuthority();
        if (written == null || written.chars().allMatch(c -> c < 0x80)) {
            return url;
        }
        return of(written)
                .map(authority -> URI.create(url.toString()
                        .replaceFirst(
                                "//" + Pattern.quote(written), "//" + Matcher.quoteReplacement(authority.toString()))))
                .orElse(url);
    }

    @Override
    public String toString() {
        return user.map(text -> text + "@").orElse("") + host + (port < 0 ? "" : ":" + port);
    }
}
