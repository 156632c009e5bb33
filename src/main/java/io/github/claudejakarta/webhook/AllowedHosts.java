package io.github.claudejakarta.webhook;

import io.github.claudejakarta.net.Host;
import io.github.claudejakarta.net.HostPattern;
import java.util.List;

/** Hosts that the operator trusts with callbacks wherever they are: {@code claude.webhooks.allowed-hosts}. */
public final class AllowedHosts {

    private final List<HostPattern> hosts;

    /**
     * @param hosts names or addresses, without a port; {@code *.example.com} stands for everything below that
     * @throws IllegalArgumentException for what is none
     */
    public AllowedHosts(List<String> hosts) {
        this.hosts = hosts.stream()
                .map(host -> HostPattern.of(host)
                        .orElseThrow(() -> new IllegalArgumentException(
                                "claude.webhooks.allowed-hosts must be names or addresses of hosts, without a port, separated by "
                                        + "commas (*.example.com for all below example.com), not " + host)))
                .toList();
    }

    /** @param host as a URL has it, an IPv6 address with or without its brackets */
    boolean contain(String host) {
        return Host.of(host).filter(this::contain).isPresent();
    }

    boolean contain(Host host) {
        return hosts.stream().anyMatch(allowed -> allowed.matches(host));
    }
}
