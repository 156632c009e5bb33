package io.github.claudejakarta.web;

import java.util.Set;
import java.util.stream.Collectors;

/**
 * The origins whose pages may use this server ({@code claude.cors.allowed-origins}). It is empty if no other origin is
 * allowed.
 */
public final class Origins {

    private final Set<Origin> allowed;

    /**
     * Creates the list of allowed origins.
     *
     * @param origins such as {@code https://app.example}
     * @throws IllegalArgumentException for a text that is not an origin. {@code *} is not an origin, because any page
     *     could then spend money
     */
    public Origins(Set<String> origins) {
        allowed = origins.stream().map(Origins::checked).collect(Collectors.toUnmodifiableSet());
    }

    private static Origin checked(String origin) {
        return Origin.of(origin)
                .orElseThrow(
                        () -> new IllegalArgumentException(
                                "claude.cors.allowed-origins: \"" + origin
                                        + "\" is not an origin. List scheme, host and port of each, as https://app.example, separated by commas."));
    }

    /**
     * Returns whether pages of this origin may use the server.
     *
     * @param origin the value of the header {@code Origin}, or null
     */
    public boolean allow(String origin) {
        return origin != null && Origin.of(origin).filter(allowed::contains).isPresent();
    }
}
