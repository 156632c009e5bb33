package io.github.claudejakarta.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.client5.http.DnsResolver;

/**
 * The addresses of hosts, for HttpClient. They are looked up by the encoded name of the host ({@link Host}), which name
 * servers have, and HttpCore has not.
 *
 * <p>Safe for use by many threads.
 */
public final class Addresses implements DnsResolver {

    private final ProxySockets.Lookup lookup;

    /** @param lookup of encoded names, like {@code InetAddress::getAllByName} */
    public Addresses(ProxySockets.Lookup lookup) {
        this.lookup = lookup;
    }

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        return lookup.addresses(Host.encoded(host));
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }
}
