package io.github.claudejakarta.webhook;

import io.github.claudejakarta.net.Host;
import io.github.claudejakarta.net.ProxySockets;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Lets callbacks go to public addresses alone, unless the host is allowed to be elsewhere. It is asked for the
 * addresses of each connection, and those it gives are the ones that are connected to: a name that is pointed elsewhere
 * between a look and the connection gains nothing by it.
 *
 * <p>A host that is inside and one that does not exist are told in the same words: nobody finds out by us which names
 * there are inside.
 */
final class AddressGuard implements DnsResolver {

    /** What is told of a host that has no address to connect to. */
    static final String UNREACHABLE =
            "the host is not known, or not on the public Internet (the operator can allow it by claude.webhooks.allowed-hosts)";
    /** The same of one whose address nobody has said. */
    static final String NOT_ANSWERED = "the host's address could not be looked up in time";

    /** Addresses of a host that are tried, one after the other: more would take more time than there is. */
    private static final int TRIED = 2;

    private final AllowedHosts allowed;
    private final Lookup lookup;
    private final boolean isProxied;

    /** Looks up the addresses of a host: {@code InetAddress::getAllByName}. */
    interface Lookup extends ProxySockets.Lookup {}

    /** Creates the guard of callbacks that are sent directly. */
    AddressGuard(AllowedHosts allowed, Lookup lookup) {
        this(allowed, lookup, false);
    }

    /** @param isProxied whether callbacks are sent through a proxy, which makes the connections */
    AddressGuard(AllowedHosts allowed, Lookup lookup, boolean isProxied) {
        this.allowed = allowed;
        this.lookup = lookup;
        this.isProxied = isProxied;
    }

    /**
     * Checks a host before a connection to it is requested. A proxy looks the name up again, and may know names that
     * this machine does not. A name that this machine resolves to private addresses is rejected in any case.
     *
     * @return whether callers may learn what happens there: the host has a public address, or is allowed. Otherwise
     *     only the proxy may know the host
     * @throws UnknownHostException if callbacks must not go there
     */
    boolean isKnown(String host) throws UnknownHostException {
        if (isProxied && Host.of(host).filter(Host::isAmbiguous).isPresent()) {
            // What is checked here might be another address for the proxy.
            throw new UnknownHostException(host);
        }
        InetAddress[] addresses;
        try {
            addresses = lookup.addresses(host);
        } catch (UnknownHostException e) {
            if (isProxied) {
                return allowed.contain(host);
            }
            throw e;
        }
        reachable(host, addresses);
        return true;
    }

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        String encoded = Host.encoded(host);
        return reachable(encoded, lookup.addresses(encoded));
    }

    private InetAddress[] reachable(String host, InetAddress[] addresses) throws UnknownHostException {
        boolean isAllowed = allowed.contain(host);
        InetAddress[] reachable = Stream.of(addresses)
                .filter(address -> isAllowed || PublicAddresses.contain(address))
                .limit(TRIED)
                .toArray(InetAddress[]::new);
        if (reachable.length == 0) {
            throw new UnknownHostException(host);
        }
        return reachable;
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }
}
