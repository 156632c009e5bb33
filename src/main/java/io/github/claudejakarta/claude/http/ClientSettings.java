package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.net.Authority;
import io.github.claudejakarta.net.HttpProxy;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How Claude is reached. Each component is the configuration key of the same name, {@code claude.base-url} and so on.
 *
 * @param isSimulated whether a simulator answers in Claude's place
 * @param baseUri what {@code /v1/messages} is appended to
 * @param apiKey the server's own key; without one each caller's is passed on
 * @param version {@code anthropic-version} where the caller sends none
 * @param connectTimeout how long a connection may take to open
 * @param readTimeout the longest silence of a stream, before its first byte and between two
 * @param leaseTimeout how long to wait for a connection while all are in use
 * @param requestTimeout how long an answer that is not streamed may take in all
 * @param maxConnections connections at once; a streaming request holds one until its stream ends
 * @param maxIdle connections kept open while not in use
 * @param keepAlive how long one is kept so
 * @param proxy through which Claude is reached, of {@code claude.proxy} or Java's own properties; empty for the direct
 *     way
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

    /** The settings where the configuration says nothing. */
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

    /** Creates the settings for Claude, or for a gateway in front of it, that is reached without a proxy. */
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
                    "claude.base-url must be an http or https URL with a host, and without " + "user or query");
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

    /** The same settings with a simulator to ask, which is on this machine and reached directly. */
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

    /** Returns the same settings with a proxy. */
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

    /** Without the key and the proxy's password, so that it can be logged. */
    @Override
    public String toString() {
        String key = apiKey.isPresent() ? "own key" : "callers' keys";
        return "ClientSettings[" + baseUri + ", " + (isSimulated ? "a simulator, any key or none" : key)
                + proxy.map(used -> ", through the proxy " + used).orElse("") + "]";
    }
}
