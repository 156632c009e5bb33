package io.github.claudejakarta.net;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A forward proxy: what is reached by TLS goes through it in a tunnel ({@code CONNECT}, RFC 9110, 9.3.6), other
 * requests in absolute form (RFC 9112, 3.2.2).
 *
 * @param key the configuration key that names the proxy, for error messages
 * @param isSecured whether the connection to the proxy itself is TLS
 * @param host of the proxy
 * @param port of the proxy
 * @param authorization the value of {@code Proxy-Authorization} (Basic, RFC 7617), which is sent with each request to
 *     the proxy; empty without a user
 */
public record HttpProxy(String key, boolean isSecured, Host host, int port, Optional<String> authorization) {

    /**
     * Reads the URL of a proxy, as {@code http://user:password@proxy.example:3128}. Special characters in user and
     * password are percent-encoded.
     *
     * @param key names the setting
     * @throws IllegalArgumentException for any other text; the message names the key and not the text, which may
     *     contain a password
     */
    public static HttpProxy of(String key, String text) {
        try {
            URI url = new URI(text.strip());
            boolean isSecured = "https".equalsIgnoreCase(url.getScheme());
            Authority authority = Authority.of(url)
                    .filter(any -> isSecured || "http".equalsIgnoreCase(url.getScheme()))
                    .filter(any -> any.port() != 0
                            && url.getRawPath().matches("/?")
                            && url.getRawQuery() == null
                            && url.getRawFragment() == null)
                    .orElseThrow(() -> invalid(key));
            return new HttpProxy(
                    key,
                    isSecured,
                    authority.host(),
                    authority.port(url.getScheme()),
                    authority.user().map(user -> basic(key, user)));
        } catch (URISyntaxException e) {
            throw invalid(key);
        }
    }

    private static IllegalArgumentException invalid(String key) {
        return new IllegalArgumentException(key
                + " must be an http or https URL with a host and without a path, as http://user:password@proxy.example:3128 (user "
                + "and password may be absent; percent-encode special characters in them, for example @ as %40)");
    }

    private static String basic(String key, String user) {
        int colon = user.indexOf(':');
        String name = decoded(colon < 0 ? user : user.substring(0, colon));
        if (name.isEmpty() || name.indexOf(':') >= 0) {
            throw new IllegalArgumentException(key + " must have a user without a colon before its password");
        }
        String credentials = name + ":" + (colon < 0 ? "" : decoded(user.substring(colon + 1)));
        return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }

    /** In a URL a plus is a plus. */
    private static String decoded(String percentEncoded) {
        return URLDecoder.decode(percentEncoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /**
     * Returns the proxy that Java's own system properties name for a URL: {@code https.proxyHost} and
     * {@code https.proxyPort}, or those of {@code http}, without the hosts of {@code http.nonProxyHosts}. Empty where
     * they name none. They have no credentials.
     *
     * @throws IllegalArgumentException if a property is not a host
     */
    public static Optional<HttpProxy> ofJava(URI url) {
        ProxySelector selector = ProxySelector.getDefault();
        List<Proxy> proxies = selector == null ? List.of() : selector.select(url);
        return proxies.stream()
                .findFirst()
                .filter(first -> first.type() == Proxy.Type.HTTP && first.address() instanceof InetSocketAddress)
                .map(first -> ofJava(url.getScheme() + ".proxyHost", (InetSocketAddress) first.address()));
    }

    private static HttpProxy ofJava(String property, InetSocketAddress address) {
        Host host = Host.of(address.getHostString())
                .orElseThrow(() -> new IllegalArgumentException(
                        "The system property " + property + " must be the name or the address of a host"));
        return new HttpProxy(property, false, host, address.getPort(), Optional.empty());
    }

    /** Returns host and port, without credentials. */
    public String address() {
        return host + ":" + port;
    }

    /** Returns the address and its key, without credentials, so that it can be logged. */
    @Override
    public String toString() {
        return address() + " (" + key + ")";
    }
}
