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
 * A forward proxy. Requests with TLS go through a tunnel ({@code CONNECT}, RFC 9110, 9.3.6); other requests are sent to
 * it in absolute form (RFC 9112, 3.2.2).
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
     * Reads the URL of a proxy, for example {@code http://user:password@proxy.example:3128}. Special characters in user
     * and password are percent-encoded.
     *
     * @param key the key of the setting
     * @throws IllegalArgumentException for any other text; the message names the key but not the text, which may
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
                + " must be an http or https URL with a host and without a path, for example http://user:password@proxy.example:3128. User "
                + "and password are optional; percent-encode special characters in them, for example @ as %40.");
    }

    private static String basic(String key, String user) {
        int colon = user.indexOf(':');
        String name = decoded(colon < 0 ? user : user.substring(0, colon));
        if (name.isEmpty() || name.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    key + " must have a user name before its password, and the name must not contain a colon");
        }
        String credentials = name + ":" + (colon < 0 ? "" : decoded(user.substring(colon + 1)));
        return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }

    /** Decodes a text of a URL, in which a plus sign has no special meaning. */
    private static String decoded(String percentEncoded) {
        return URLDecoder.decode(percentEncoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /**
     * Returns the proxy for a URL from Java's system properties: {@code https.proxyHost} and {@code https.proxyPort},
     * or {@code http.proxyHost} and {@code http.proxyPort}. Empty if they are not set, and for hosts in
     * {@code http.nonProxyHosts}. The proxy has no credentials.
     *
     * @throws IllegalArgumentException if the value of a property is not a host
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
                        "The system property " + property + " must be a host name or an IP address"));
        return new HttpProxy(property, false, host, address.getPort(), Optional.empty());
    }

    /** Returns host and port, without credentials. */
    public String address() {
        return host + ":" + port;
    }

    /** Returns a text for the log: the address and its key, without credentials. */
    @Override
    public String toString() {
        return address() + " (" + key + ")";
    }
}
