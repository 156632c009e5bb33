package io.github.claudejakarta.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Lets callbacks go to public addresses alone, unless the host is allowed to be elsewhere. It is asked for the addresses of each connection, and
 * those it gives are the ones that are connected to: a name that is pointed elsewhere between a look and the connection gains nothing by
 * it.
 */
final class AddressGuard implements DnsResolver {

    private final AllowedHosts allowed;
    private final Lookup lookup;

    AddressGuard(AllowedHosts allowed, Lookup lookup) {
        this.allowed = allowed;
        this.lookup = lookup;
    }

    /** Asks for a host's addresses: {@code InetAddress::getAllByName}. */
    interface Lookup {
        InetAddress[] addresses(String host) throws UnknownHostException;
    }

    /** The host has addresses, and none that may be connected to. */
    static final class Forbidden extends UnknownHostException {

        private static final long serialVersionUID = 1;

        Forbidden() {
            super("The host has no public address");
        }
    }

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        InetAddress[] all = lookup.addresses(host);
        if (allowed.contain(host)) {
            return all;
        }
        InetAddress[] reachable = Stream.of(all).filter(PublicAddresses::contain).toArray(InetAddress[]::new);
        if (reachable.length == 0) {
            throw new Forbidden();
        }
        return reachable;
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }
}
