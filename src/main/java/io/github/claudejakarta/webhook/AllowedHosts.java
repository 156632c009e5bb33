package io.github.claudejakarta.webhook;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Hosts that the operator trusts with callbacks wherever they are: {@code claude.webhooks.allowed-hosts}. */
public final class AllowedHosts {

    private static final String ANY_BELOW = "*.";
    private static final Pattern HOST = Pattern.compile("(\\*\\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\\[[0-9a-f:.]+]");

    private final List<String> hosts;

    /**
     * @param hosts names or addresses, without a port; {@code *.example.com} stands for everything below that
     * @throws IllegalArgumentException for what is none
     */
    public AllowedHosts(List<String> hosts) {
        this.hosts = hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList();
        this.hosts.stream().filter(host -> !HOST.matcher(host).matches()).findFirst().ifPresent(host -> {
            throw new IllegalArgumentException("claude.webhooks.allowed-hosts must be names or addresses of hosts, without a port, separated by "
                + "commas (*.example.com for all below example.com), and not " + host);
        });
    }

    /** @param host as a URL has it, an IPv6 address with or without its brackets */
    boolean contain(String host) {
        String bare = host.toLowerCase(Locale.ROOT);
        String lower = bare.contains(":") && !bare.startsWith("[") ? "[" + bare + "]" : bare;
        return hosts.stream().anyMatch(allowed -> allowed.startsWith(ANY_BELOW) ? lower.endsWith(allowed.substring(1)) : lower.equals(allowed));
    }
}
