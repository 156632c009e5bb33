package io.github.claudejakarta.net;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Hosts that are reached without a proxy: {@code claude.no-proxy}. An entry is a host, {@code *.example.com} or
 * {@code .example.com} for all hosts below {@code example.com}, a block of addresses such as {@code 10.0.0.0/8}, or
 * {@code *} for all hosts. Names are not resolved, so a block contains only hosts that are written as addresses.
 */
public final class NoProxy {

    private final List<Predicate<Host>> entries;

    /** @throws IllegalArgumentException for an entry that is not valid */
    public NoProxy(List<String> entries) {
        this.entries = entries.stream().map(NoProxy::entry).toList();
    }

    private static Predicate<Host> entry(String text) {
        if (text.equals("*")) {
            return host -> true;
        }
        Optional<AddressBlock> block = AddressBlock.of(text);
        if (block.isPresent()) {
            return host -> host.address()
                    .map(InetAddress::getAddress)
                    .filter(block.get()::contains)
                    .isPresent();
        }
        HostPattern pattern = HostPattern.of(text.startsWith(".") ? "*" + text : text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "claude.no-proxy must be a list of host names or addresses without ports, separated by commas (*.example.com for all hosts below example.com, 10.0.0.0/8 for a "
                                + "block of addresses, * for all hosts). It contains \"" + text + "\"."));
        return pattern::matches;
    }

    /** Returns whether a host is reached without a proxy. */
    public boolean contains(Host host) {
        return entries.stream().anyMatch(entry -> entry.test(host));
    }
}
