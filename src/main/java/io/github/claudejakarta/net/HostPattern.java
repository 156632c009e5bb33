package io.github.claudejakarta.net;

import java.util.Optional;

/**
 * An entry of a setting that lists hosts: one host, or {@code *.example.com} for all hosts below {@code example.com}
 * (without {@code example.com} itself).
 *
 * @param host without the {@code *.}
 * @param isBelow whether the entry represents all hosts below the host
 */
public record HostPattern(Host host, boolean isBelow) {

    private static final String ALL_BELOW = "*.";

    /** Reads an entry. Empty for a text that is not one, for example a host with a port. */
    public static Optional<HostPattern> of(String written) {
        boolean isBelow = written.startsWith(ALL_BELOW);
        return Host.of(isBelow ? written.substring(ALL_BELOW.length()) : written)
                .filter(host -> !isBelow || host.address().isEmpty())
                .map(host -> new HostPattern(host, isBelow));
    }

    /** Returns whether the entry represents this host. */
    public boolean matches(Host other) {
        return isBelow ? other.name().endsWith("." + host.name()) : other.equals(host);
    }
}
