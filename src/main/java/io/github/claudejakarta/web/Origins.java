package io.github.claudejakarta.web;

import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Origins whose pages may use this server ({@code claude.cors.allowed-origins}): {@code https://app.example} and so on, each as browsers write
 * it. Empty where none may.
 */
public final class Origins {

    private final Set<String> allowed;

    /** @throws IllegalArgumentException for what is no origin; {@code *} is none, because a page of anybody's could spend money */
    public Origins(Set<String> origins) {
        allowed = origins.stream().map(Origins::checked).collect(Collectors.toUnmodifiableSet());
    }

    private static String checked(String origin) {
        URI uri;
        try {
            uri = URI.create(origin);
        } catch (IllegalArgumentException e) {
            throw invalid(origin, e);
        }
        boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!isHttp || uri.getHost() == null || !uri.getRawPath().isEmpty() || uri.getRawQuery() != null || uri.getRawUserInfo() != null) {
            throw invalid(origin, null);
        }
        return origin.toLowerCase(Locale.ROOT);
    }

    private static IllegalArgumentException invalid(String origin, Exception cause) {
        return new IllegalArgumentException("claude.cors.allowed-origins must be origins as https://app.example, separated by commas, not " + origin,
            cause);
    }

    /** @param origin the header {@code Origin}, or null */
    public boolean allow(String origin) {
        return origin != null && allowed.contains(origin.strip().toLowerCase(Locale.ROOT));
    }
}
