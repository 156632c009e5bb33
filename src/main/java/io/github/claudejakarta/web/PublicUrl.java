package io.github.claudejakarta.web;

import io.github.claudejakarta.net.Authority;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/**
 * The URL of this server as its callers see it: {@code claude.public-url} if it is set, otherwise the URL of the
 * request.
 *
 * @param configured {@code claude.public-url}, in ASCII
 */
public record PublicUrl(Optional<URI> configured) {

    public PublicUrl {
        configured = configured.map(Authority::inAscii);
        configured
                .filter(url -> Authority.of(url).isEmpty()
                        || !("http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme())))
                .ifPresent(url -> {
                    // The message does not contain the URL, which may contain a password.
                    throw new IllegalArgumentException(
                            "claude.public-url must be an http or https URL with a host, for example https://claude.example.com");
                });
    }

    /**
     * Returns the origin of {@code claude.public-url}, which is the origin of the console's pages behind a proxy. Empty
     * if it is not set.
     */
    public Optional<Origin> origin() {
        return configured.flatMap(url -> Authority.of(url)
                .map(authority -> new Origin(
                        url.getScheme().toLowerCase(Locale.ROOT),
                        authority.host().name(),
                        authority.port(url.getScheme()))));
    }

    /** Returns the URL before {@code /v1}, without a slash at its end. */
    public URI server(UriInfo request) {
        return URI.create(of(request, "").toString().replaceAll("/v1/?$", ""));
    }

    /**
     * Returns the URL of a path below {@code /v1}.
     *
     * @param path the path, without a leading slash
     */
    public URI of(UriInfo request, String path) {
        return configured
                .map(url -> URI.create(url.toString().replaceAll("/+$", "") + "/v1/" + path))
                .orElseGet(() -> request.getBaseUriBuilder().path(path).build());
    }
}
