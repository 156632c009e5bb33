package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.net.Authority;
import io.github.claudejakarta.net.HttpProxy;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * The settings of the connection to Claude. Each component is the configuration key of the same name,
 * {@code claude.base-url} and so on.
 *
 * @param isSimulated whether a simulator answers instead of Claude
 * @param baseUri the URL to which {@code /v1/messages} is appended
 * @param apiKey the server's own key; without one, each caller's key is passed on
 * @param version the {@code anthropic-version} for callers that send none
 * @param connectTimeout the maximum time to open a connection
 * @param readTimeout the maximum time that a stream waits for its first byte, and between two bytes
 * @param leaseTimeout the maximum wait for a connection while all are in use
 * @param requestTimeout the maximum total time of an answer that is not streamed
 * @param maxConnections the maximum number of concurrent connections; a streaming request holds one until its stream
 *     ends
 * @param maxIdle the maximum number of idle connections
 * @param keepAlive the maximum time that a connection stays idle
 * @param proxy the proxy to Claude, from {@code claude.proxy} or Java's own properties; empty for direct connections
 */
public record ClientSettings(
        boolean isSimulated,
        URI baseUri,
        Optional<String> apiKey,
        String version,
        Duration connectTimeout,
        Duration readTimeout,
        Duration leaseTimeout,
        Duration requestTimeout,
        int maxConnections,
        int maxIdle,
        Duration keepAlive,
        Optional<HttpProxy> proxy) {

    /** The default settings. */
    public static final ClientSettings DEFAULTS = new ClientSettings(
            URI.create("https://api.anthropic.com"),
            Optional.empty(),
            "2023-06-01",
            Duration.ofSeconds(10),
            Duration.ofSeconds(120),
            Duration.ofSeconds(30),
            Duration.ofMinutes(10),
            100,
            20,
            Duration.ofSeconds(30));

    /** Creates the settings for direct connections to Claude, or to a gateway in front of it. */
    public ClientSettings(
            URI baseUri,
            Optional<String> apiKey,
            String version,
            Duration connectTimeout,
            Duration readTimeout,
            Duration leaseTimeout,
            Duration requestTimeout,
            int maxConnections,
            int maxIdle,
            Duration keepAlive) {
        this(
                false,
                baseUri,
                apiKey,
                version,
                connectTimeout,
                readTimeout,
                leaseTimeout,
                requestTimeout,
                maxConnections,
                maxIdle,
                keepAlive,
                Optional.empty());
    }

    public ClientSettings {
        baseUri = Authority.inAscii(baseUri);
        Objects.requireNonNull(apiKey, "claude.api-key");
        requireHttp(baseUri);
        requireText(version, "claude.version");
        requirePositive(connectTimeout, "claude.connect-timeout");
        requirePositive(readTimeout, "claude.read-timeout");
        requirePositive(leaseTimeout, "claude.lease-timeout");
        requirePositive(requestTimeout, "claude.request-timeout");
        requirePositive(keepAlive, "claude.pool.keep-alive");
        if (maxConnections < 1) {
            throw new IllegalArgumentException("claude.pool.max-connections must be at least 1, not " + maxConnections);
        }
        if (maxIdle < 0) {
            throw new IllegalArgumentException("claude.pool.max-idle must not be negative: " + maxIdle);
        }
    }

    private static void requireHttp(URI uri) {
        boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!isHttp
                || uri.getQuery() != null
                || Authority.of(uri)
                        .filter(authority -> authority.user().isEmpty())
                        .isEmpty()) {
            throw new IllegalArgumentException(
                    "claude.base-url must be an http or https URL with a host, and without user or query");
        }
    }

    private static void requireText(String value, String key) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(key + " must not be blank");
        }
    }

    private static void requirePositive(Duration value, String key) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(key + " must be longer than zero: " + value);
        }
    }

    /** Returns these settings with a simulator on this machine, which is reached without a proxy. */
    public ClientSettings withSimulator(URI simulator) {
        return new ClientSettings(
                true,
                simulator,
                apiKey,
                version,
                connectTimeout,
                readTimeout,
                leaseTimeout,
                requestTimeout,
                maxConnections,
                maxIdle,
                keepAlive,
                Optional.empty());
    }

    /** Returns these settings with a proxy, or without one. */
    public ClientSettings withProxy(Optional<HttpProxy> other) {
        return new ClientSettings(
                isSimulated,
                baseUri,
                apiKey,
                version,
                connectTimeout,
                readTimeout,
                leaseTimeout,
                requestTimeout,
                maxConnections,
                maxIdle,
                keepAlive,
                other);
    }

    /** Returns host and port of the base URL. */
    public Authority authority() {
        return Authority.of(baseUri).orElseThrow();
    }

    /** Returns a text for the log, without the key and the proxy's password. */
    @Override
    public String toString() {
        String key = apiKey.isPresent() ? "the server's key" : "the callers' keys";
        return "ClientSettings[" + baseUri + ", " + (isSimulated ? "a simulator, any key or none" : key)
                + proxy.map(used -> ", through the proxy " + used).orElse("") + "]";
    }
}
