package io.github.claudejakarta.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Resolves host names for HttpClient. It looks up the encoded name of a host ({@link Host}), as name servers require.
 * HttpCore would look up the decoded name.
 *
 * <p>Safe for use by many threads.
 */
public final class Addresses implements DnsResolver {

    private final ProxySockets.Lookup lookup;

    /** @param lookup resolves encoded names, for example {@code InetAddress::getAllByName} */
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
