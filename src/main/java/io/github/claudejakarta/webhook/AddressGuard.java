package io.github.claudejakarta.webhook;

import io.github.claudejakarta.net.Host;
import io.github.claudejakarta.net.ProxySockets;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Restricts callbacks to public addresses and to the hosts that the operator allows. It resolves the host of each
 * connection, and the client connects to exactly these addresses. A name that changes its address between a check and
 * the connection therefore cannot bypass the check.
 *
 * <p>The error for an internal host is the same as for a host that does not exist, so that callers cannot find out the
 * names of internal hosts.
 */
final class AddressGuard implements DnsResolver {

    /** The error for a host without an address that callbacks may use. */
    static final String UNREACHABLE =
            "the host is not known, or not on the public Internet (the operator can allow it by claude.webhooks.allowed-hosts)";
    /** The error for a host whose look-up took too long. */
    static final String NOT_ANSWERED = "the host's address could not be looked up in time";

    /** The maximum number of addresses of a host that are tried, because each takes time. */
    private static final int MAX_ADDRESSES = 2;

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
     * @return whether callers may see the errors of the host: it has a public address, or is allowed. Otherwise only
     *     the proxy may know the host
     * @throws UnknownHostException if callbacks to the host are forbidden
     */
    boolean isKnown(String host) throws UnknownHostException {
        if (isProxied && Host.of(host).filter(Host::isAmbiguous).isPresent()) {
            // The proxy might read the text as another address than this check does.
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
                .limit(MAX_ADDRESSES)
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
