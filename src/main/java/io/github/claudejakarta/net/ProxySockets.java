package io.github.claudejakarta.net;

import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.socket.ConnectionSocketFactory;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.URIScheme;
import org.apache.hc.core5.http.config.Registry;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.Closer;
import org.apache.hc.core5.net.URIAuthority;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Sockets that lead through a proxy, for an HTTP client whose routes are direct. HttpClient's own tunnels have no
 * time-out where a proxy is silent, and return a refusal of the proxy as if it were the target's answer.
 *
 * <p>Reaching the proxy, TLS with it and its answer to {@code CONNECT} are each limited by the connect time-out.
 * Credentials go to the proxy alone.
 */
public final class ProxySockets implements DnsResolver {

    /** Looks up the addresses of a host: {@code InetAddress::getAllByName}. */
    public interface Lookup {
        InetAddress[] addresses(String host) throws UnknownHostException;
    }

    private static final String AUTHORIZATION = "Proxy-Authorization";

    private final HttpProxy proxy;
    private final Lookup lookup;
    private final TlsSockets tls;
    private final Watchdog watchdog;
    private final Duration limit;

    /**
     * Creates sockets to one proxy.
     *
     * @param lookup gives the addresses of the proxy
     * @param tls secures connections to the targets, and to the proxy where it is an {@code https} one
     * @param limit the time that a proxy may take to open a tunnel
     */
    public ProxySockets(HttpProxy proxy, Lookup lookup, TlsSockets tls, Watchdog watchdog, Duration limit) {
        this.proxy = proxy;
        this.lookup = lookup;
        this.tls = tls;
        this.watchdog = watchdog;
        this.limit = limit;
    }

    /** Returns what opens connections, by the target's scheme. */
    public Registry<ConnectionSocketFactory> registry(ConnectionSocketFactory sockets) {
        return RegistryBuilder.<ConnectionSocketFactory>create()
                .register(URIScheme.HTTP.id, new ToProxy(sockets, false))
                .register(URIScheme.HTTPS.id, new ToProxy(tls, true))
                .build();
    }

    /** Adds what requests to the proxy itself have: those that do not go through a tunnel. */
    public HttpClientBuilder configure(HttpClientBuilder builder) {
        return builder.addExecInterceptorAfter(ChainElement.CONNECT.name(), "claude-proxy", this::address);
    }

    private ClassicHttpResponse address(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        if (!scope.route.isSecure()) {
            request.setPath(URIScheme.HTTP.id + "://" + request.getAuthority() + request.getPath());
            proxy.authorization().ifPresent(value -> request.setHeader(AUTHORIZATION, value));
        }
        return chain.proceed(request, scope);
    }

    /**
     * Whatever the target is, the connection is opened to the proxy; the target's name may be known to the proxy alone.
     */
    @Override
    public InetAddress[] resolve(String target) {
        try {
            return lookup.addresses(proxy.host().bare());
        } catch (UnknownHostException e) {
            throw new UncheckedIOException(
                    failureOfProxy(ProxyFailure.Kind.PASSING, "could not be reached: its address is unknown", e));
        }
    }

    @Override
    public String resolveCanonicalHostname(String target) {
        return target;
    }

    private ProxyFailure failure(ProxyFailure.Kind kind, String what, Throwable cause) {
        return new ProxyFailure(proxy, kind, false, what, cause);
    }

    private ProxyFailure failureOfProxy(ProxyFailure.Kind kind, String what, Throwable cause) {
        return new ProxyFailure(proxy, kind, true, what, cause);
    }

    private String seconds() {
        return BigDecimal.valueOf(limit.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
    }

    /** Connections to targets of one scheme. */
    private final class ToProxy implements ConnectionSocketFactory {

        private final ConnectionSocketFactory sockets;
        private final boolean isTunneled;

        private ToProxy(ConnectionSocketFactory sockets, boolean isTunneled) {
            this.sockets = sockets;
            this.isTunneled = isTunneled;
        }

        @Override
        public Socket createSocket(HttpContext context) throws IOException {
            return sockets.createSocket(context);
        }

        @Override
        public Socket createSocket(Proxy socks, HttpContext context) throws IOException {
            return sockets.createSocket(socks, context);
        }

        @Override
        public Socket connectSocket(
                TimeValue timeout,
                Socket socket,
                HttpHost target,
                InetSocketAddress remote,
                InetSocketAddress local,
                HttpContext context)
                throws IOException {
            return connectSocket(socket, target, remote, local, Timeout.of(limit), null, context);
        }

        @Override
        public Socket connectSocket(
                Socket socket,
                HttpHost target,
                InetSocketAddress remote,
                InetSocketAddress local,
                Timeout timeout,
                Object attachment,
                HttpContext context)
                throws IOException {
            reach(socket, new InetSocketAddress(remote.getAddress(), proxy.port()));
            boolean isOpen = false;
            try {
                Socket way = throughProxy(socket, target, remote.getPort(), attachment, context);
                Socket opened = isTunneled
                        ? tls.createLayeredSocket(way, target.getHostName(), remote.getPort(), attachment, context)
                        : way;
                isOpen = true;
                return opened;
            } finally {
                if (!isOpen) {
                    Closer.closeQuietly(socket);
                }
            }
        }

        /** A failure here has HttpClient try the proxy's next address. */
        private void reach(Socket socket, InetSocketAddress address) throws IOException {
            try {
                socket.connect(address, Timeout.of(limit).toMillisecondsIntBound());
            } catch (IOException e) {
                Closer.closeQuietly(socket);
                throw failureOfProxy(
                        ProxyFailure.Kind.PASSING,
                        "could not be reached"
                                + (e instanceof SocketTimeoutException
                                        ? " within " + seconds()
                                        : ": " + e.getMessage()),
                        e);
            }
        }

        /**
         * A failure from here on is not the address's, so that no other is tried: HttpClient tries the next after an
         * {@code IOException}.
         */
        private Socket throughProxy(Socket socket, HttpHost target, int port, Object attachment, HttpContext context) {
            String destination = new URIAuthority(target.getHostName(), port).toString();
            var deadline = new Deadline(socket, watchdog.now() + limit.toNanos());
            watchdog.watch(deadline);
            try {
                Socket way = proxy.isSecured()
                        ? tls.createLayeredSocket(socket, proxy.host().bare(), proxy.port(), attachment, context)
                        : socket;
                if (isTunneled) {
                    openTunnel(way, destination);
                }
                return way;
            } catch (ProxyFailure e) {
                throw new UncheckedIOException(e);
            } catch (MessageConstraintException e) {
                throw new UncheckedIOException(failure(
                        ProxyFailure.Kind.BROKEN, "answered with a head that exceeds a limit: " + e.getMessage(), e));
            } catch (IOException | HttpException e) {
                throw new UncheckedIOException(failure(
                        ProxyFailure.Kind.PASSING,
                        deadline.isOver || e instanceof SocketTimeoutException
                                ? "did not open a connection to " + destination + " within " + seconds()
                                : "failed: " + e.getMessage(),
                        e));
            } finally {
                watchdog.forget(deadline);
            }
        }

        /** The answer's head has the limits of every other; a body is not read. */
        private void openTunnel(Socket way, String target) throws IOException, HttpException {
            var connection = new GuardedConnection(way, watchdog);
            var request = new BasicClassicHttpRequest(
                    Method.CONNECT, new HttpHost(proxy.host().bare(), proxy.port()), target);
            request.setHeader("Host", target);
            request.setHeader("User-Agent", "claude-jakarta");
            proxy.authorization().ifPresent(value -> request.setHeader(AUTHORIZATION, value));
            connection.sendRequestHeader(request);
            connection.flush();
            ClassicHttpResponse response = connection.receiveResponseHeader();
            while (response.getCode() < HttpStatus.SC_SUCCESS) {
                response = connection.receiveResponseHeader();
            }
            requireOpen(response.getCode(), target);
        }
    }

    private void requireOpen(int status, String target) throws ProxyFailure {
        if (status == HttpStatus.SC_PROXY_AUTHENTICATION_REQUIRED) {
            throw unauthorized();
        }
        if (status >= HttpStatus.SC_SERVER_ERROR) {
            throw failure(
                    ProxyFailure.Kind.PASSING,
                    "could not open a connection to " + target + " (HTTP " + status + ")",
                    null);
        }
        if (status >= HttpStatus.SC_REDIRECTION) {
            throw failure(
                    ProxyFailure.Kind.REFUSED,
                    "does not allow a connection to " + target + " (HTTP " + status + ")",
                    null);
        }
    }

    /**
     * Returns the failure that a status of 407 means, to CONNECT or to a request in absolute form. Only a proxy sends
     * it there.
     */
    public ProxyFailure unauthorized() {
        return failureOfProxy(
                ProxyFailure.Kind.REFUSED,
                proxy.authorization().isPresent()
                        ? "rejected the user or the password (HTTP 407)"
                        : "requires a user and a password (HTTP 407); set "
                                + (proxy.key().startsWith("claude.") ? proxy.key() : "claude.proxy")
                                + " to a URL that has them",
                null);
    }

    /** Ends what waits for a proxy. */
    private static final class Deadline implements Watchdog.Watched {

        private final Socket socket;
        private final long end;
        private volatile boolean isOver;

        private Deadline(Socket socket, long end) {
            this.socket = socket;
            this.end = end;
        }

        @Override
        public void check(long now) {
            if (now - end >= 0) {
                isOver = true;
                Closer.closeQuietly(socket);
            }
        }
    }
}
