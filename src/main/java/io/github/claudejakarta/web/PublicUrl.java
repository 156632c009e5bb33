package io.github.claudejakarta.web;

import io.github.claudejakarta.net.Authority;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/**
 * Where callers find this server: {@code claude.public-url} behind a proxy, otherwise the URL of the request itself.
 *
 * @param configured in ASCII
 */
public record PublicUrl(Optional<URI> configured) {

    public PublicUrl {
        configured = configured.map(Authority::inAscii);
        configured
                .filter(url -> Authority.of(url).isEmpty()
                        || !("http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme())))
                .ifPresent(url -> {
                    // Without the text, which may contain a password.
                    throw new IllegalArgumentException("claude.public-url must be an http or https URL with a host");
                });
    }

    /**
     * The origin of pages that this server serves to browsers through its proxy. Empty where {@code claude.public-url}
     * is not set.
     */
    public Optional<Origin> origin() {
        return configured.flatMap(url -> Authority.of(url)
                .map(authority -> new Origin(
                        url.getScheme().toLowerCase(Locale.ROOT),
                        authority.host().name(),
                        authority.port(url.getScheme()))));
    }

    /** What comes before {@code /v1}, without a slash at its end. */
    public URI server(UriInfo request) {
        return URI.create(of(request, "").toString().replaceAll("/v1/?$", ""));
    }

    /** @param path below {@code /v1}, without a leading slash */
    public URI of(UriInfo request, String path) {
        return configured
                .map(url -> URI.create(url.toString().replaceAll("/+$", "") + "/v1/" + path))
                .orElseGet(() -> request.getBaseUriBuilder().path(path).build());
    }
}
