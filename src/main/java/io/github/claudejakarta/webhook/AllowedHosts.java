package io.github.claudejakarta.webhook;

import io.github.claudejakarta.net.Host;
import io.github.claudejakarta.net.HostPattern;
import java.util.List;

/** Hosts that callbacks may use at any address, and without TLS: {@code claude.webhooks.allowed-hosts}. */
public final class AllowedHosts {

    private final List<HostPattern> hosts;

    /**
     * Creates the list of allowed hosts.
     *
     * @param hosts names or addresses, without a port; {@code *.example.com} matches all names below example.com
     * @throws IllegalArgumentException if a text is not a host
     */
    public AllowedHosts(List<String> hosts) {
        this.hosts = hosts.stream()
                .map(host -> HostPattern.of(host)
                        .orElseThrow(() -> new IllegalArgumentException(
                                "claude.webhooks.allowed-hosts must be names or addresses of hosts, without a port, separated by "
                                        + "commas (*.example.com for all below example.com), not " + host)))
                .toList();
    }

    /**
     * Returns whether a host is allowed.
     *
     * @param host host in the form of a URL; an IPv6 address with or without brackets
     */
    boolean contain(String host) {
        return Host.of(host).filter(this::contain).isPresent();
    }

    boolean contain(Host host) {
        return hosts.stream().anyMatch(allowed -> allowed.matches(host));
    }
}
