package io.github.claudejakarta.web;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The origin of a web page: scheme, host and port. Two spellings of the same origin are equal: case does not count, the scheme's default port may
 * be spelled out or left out, and an IPv6 address may be shortened in any way.
 *
 * @param host in lower case; an IPv6 address in brackets
 * @param port the scheme's default where none is spelled
 */
public record Origin(String scheme, String host, int port) {

    private static final Pattern SPELLING =
        Pattern.compile("(https?)://(\\[[0-9a-f:.]+]|[\\w.~-]+)(?::(\\d{0,5}))?", Pattern.CASE_INSENSITIVE);

    /** Reads a header such as {@code https://app.example}. Empty for other schemes, for {@code null}, and for a URL with a path. */
    public static Optional<Origin> of(String text) {
        Matcher spelled = SPELLING.matcher(text.strip());
        if (!spelled.matches()) {
            return Optional.empty();
        }
        String scheme = spelled.group(1).toLowerCase(Locale.ROOT);
        String port = spelled.group(3);
        return host(spelled.group(2).toLowerCase(Locale.ROOT)).map(host -> new Origin(scheme, host,
            port == null || port.isEmpty() ? defaultPort(scheme) : Integer.parseInt(port)));
    }

    private static Optional<String> host(String spelled) {
        if (!spelled.startsWith("[")) {
            return Optional.of(spelled);
        }
        try {
            // An address in brackets is never looked up.
            return Optional.of("[" + InetAddress.getByName(spelled).getHostAddress() + "]");
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static int defaultPort(String scheme) {
        return scheme.equals("https") ? 443 : 80;
    }
}
