package io.github.claudejakarta.net;

import io.github.claudejakarta.runtime.FailureText;
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
 * Creates sockets through a proxy, for an HTTP client whose routes are direct. HttpClient's own tunnels have no
 * time-out for a silent proxy, and return a rejection by the proxy as if it were the target's answer.
 *
 * <p>The connect time-out limits the connection to the proxy, and again TLS with the proxy together with its answer to
 * {@code CONNECT}. Credentials are sent only to the proxy.
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
     * @param lookup resolves the addresses of the proxy
     * @param tls secures connections to the targets, and to an {@code https} proxy
     * @param limit the maximum time for the connection to the proxy, and for opening a tunnel
     */
    public ProxySockets(HttpProxy proxy, Lookup lookup, TlsSockets tls, Watchdog watchdog, Duration limit) {
        this.proxy = proxy;
        this.lookup = lookup;
        this.tls = tls;
        this.watchdog = watchdog;
        this.limit = limit;
    }

    /** Returns the socket factories by the target's scheme. */
    public Registry<ConnectionSocketFactory> registry(ConnectionSocketFactory sockets) {
        return RegistryBuilder.<ConnectionSocketFactory>create()
                .register(URIScheme.HTTP.id, new ToProxy(sockets, false))
                .register(URIScheme.HTTPS.id, new ToProxy(tls, true))
                .build();
    }

    /**
     * Configures requests that do not go through a tunnel: they are sent in absolute form, with the proxy's
     * credentials.
     */
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
     * Returns the addresses of the proxy for every target, because the connection is opened to the proxy. The target's
     * name may be known only to the proxy.
     */
    @Override
    public InetAddress[] resolve(String target) {
        try {
            return lookup.addresses(proxy.host().bare());
        } catch (UnknownHostException e) {
            throw new UncheckedIOException(
                    proxyFault(ProxyFailure.Kind.TRANSIENT, "could not be reached: its address is unknown", e));
        }
    }

    @Override
    public String resolveCanonicalHostname(String target) {
        return target;
    }

    private ProxyFailure failure(ProxyFailure.Kind kind, String description, Throwable cause) {
        return new ProxyFailure(proxy, kind, false, description, cause);
    }

    private ProxyFailure proxyFault(ProxyFailure.Kind kind, String description, Throwable cause) {
        return new ProxyFailure(proxy, kind, true, description, cause);
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
            connectToProxy(socket, new InetSocketAddress(remote.getAddress(), proxy.port()));
            boolean isOpen = false;
            try {
                Socket tunnel = throughProxy(socket, target, remote.getPort(), attachment, context);
                Socket opened = isTunneled
                        ? tls.createLayeredSocket(tunnel, target.getHostName(), remote.getPort(), attachment, context)
                        : tunnel;
                isOpen = true;
                return opened;
            } finally {
                if (!isOpen) {
                    Closer.closeQuietly(socket);
                }
            }
        }

        /** Connects to the proxy. After an {@code IOException} HttpClient tries the proxy's next address. */
        private void connectToProxy(Socket socket, InetSocketAddress address) throws IOException {
            try {
                socket.connect(address, Timeout.of(limit).toMillisecondsIntBound());
            } catch (IOException e) {
                Closer.closeQuietly(socket);
                throw proxyFault(
                        ProxyFailure.Kind.TRANSIENT,
                        "could not be reached"
                                + (e instanceof SocketTimeoutException
                                        ? " within " + seconds()
                                        : ": " + FailureText.of(e)),
                        e);
            }
        }

        /**
         * Opens the way through the proxy. Its failures do not depend on the proxy's address, so they are unchecked
         * exceptions: after an {@code IOException} HttpClient would try the next address.
         */
        private Socket throughProxy(Socket socket, HttpHost target, int port, Object attachment, HttpContext context) {
            String destination = new URIAuthority(target.getHostName(), port).toString();
            var deadline = new Deadline(socket, watchdog.now() + limit.toNanos());
            watchdog.watch(deadline);
            try {
                Socket toProxy = proxy.isSecured()
                        ? tls.createLayeredSocket(socket, proxy.host().bare(), proxy.port(), attachment, context)
                        : socket;
                if (isTunneled) {
                    openTunnel(toProxy, destination);
                }
                return toProxy;
            } catch (ProxyFailure e) {
                throw new UncheckedIOException(e);
            } catch (MessageConstraintException e) {
                throw new UncheckedIOException(failure(
                        ProxyFailure.Kind.BROKEN, "answered with a head that exceeds a limit: " + e.getMessage(), e));
            } catch (IOException | HttpException e) {
                throw new UncheckedIOException(failure(
                        ProxyFailure.Kind.TRANSIENT,
                        deadline.hasExpired || e instanceof SocketTimeoutException
                                ? "did not open a connection to " + destination + " within " + seconds()
                                : "failed: " + FailureText.of(e),
                        e));
            } finally {
                watchdog.forget(deadline);
            }
        }

        /** Opens a tunnel. The head of the proxy's answer has the usual limits; its body is not read. */
        private void openTunnel(Socket toProxy, String target) throws IOException, HttpException {
            var connection = new GuardedConnection(toProxy, watchdog);
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
                    ProxyFailure.Kind.TRANSIENT,
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
     * Returns the failure for a status of 407 in the answer to CONNECT or to a request in absolute form, where only a
     * proxy sends it.
     */
    public ProxyFailure unauthorized() {
        return proxyFault(
                ProxyFailure.Kind.REFUSED,
                proxy.authorization().isPresent()
                        ? "rejected the user or the password (HTTP 407)"
                        : "requires a user and a password (HTTP 407); set "
                                + (proxy.key().startsWith("claude.") ? proxy.key() : "claude.proxy")
                                + " to a URL that has them",
                null);
    }

    /** Closes a socket that waits for a proxy when the time limit expires. */
    private static final class Deadline implements Watchdog.Watched {

        private final Socket socket;
        private final long end;
        private volatile boolean hasExpired;

        private Deadline(Socket socket, long end) {
            this.socket = socket;
            this.end = end;
        }

        @Override
        public void check(long now) {
            if (now - end >= 0) {
                hasExpired = true;
                Closer.closeQuietly(socket);
            }
        }
    }
}
