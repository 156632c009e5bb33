package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.net.Addresses;
import io.github.claudejakarta.net.ChunkMergingConnection;
import io.github.claudejakarta.net.ProxySockets;
import io.github.claudejakarta.net.TlsSockets;
import io.github.claudejakarta.runtime.Watchdog;
import jakarta.ws.rs.client.Client;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.io.ConnectionEndpoint;
import org.apache.hc.client5.http.io.LeaseRequest;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.socket.ConnectionSocketFactory;
import org.apache.hc.client5.http.socket.PlainConnectionSocketFactory;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.URIScheme;
import org.apache.hc.core5.http.config.Registry;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.io.HttpConnectionFactory;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.net.URIAuthority;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.glassfish.jersey.apache5.connector.Apache5ClientProperties;
import org.glassfish.jersey.apache5.connector.Apache5ConnectorProvider;
import org.glassfish.jersey.apache5.connector.Apache5HttpClientBuilderConfigurator;
import org.glassfish.jersey.client.ClientConfig;
import org.glassfish.jersey.client.ClientProperties;
import org.glassfish.jersey.client.ClientRequest;
import org.glassfish.jersey.client.JerseyClientBuilder;
import org.glassfish.jersey.client.RequestEntityProcessing;

/**
 * The connections to Claude: the Jersey client on Apache HttpClient 5. Retries, redirects, cookies and compression of
 * HttpClient are off, because this module implements its own policy. HttpClient's decompression would accept a
 * truncated gzip body with several members as complete, and would repeat a request whose answer has an unknown coding.
 * {@link ResponseRepair} decodes bodies instead.
 *
 * <p>Sockets have no read time-out, because each read would then need three system calls instead of one.
 * {@link Watchdog} closes connections on which nothing arrives for too long, from another thread.
 */
final class ConnectionPool implements Watchdog.Watched, AutoCloseable {

    /** The property of a Jersey request that holds its {@link ClaudeCall}. */
    static final String CALL = ClaudeCall.class.getName();

    /** A host name that Jersey accepts. */
    private static final String PLACEHOLDER_HOST = "claude";
    /** The attribute of HttpClient's context in which the connector stores Jersey's request. */
    private static final String JERSEY_REQUEST = "JerseyRequestAttribute";

    private static final long EVICTION_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ClientSettings settings;
    private final Watchdog watchdog;
    private final Connections connections;
    private final Optional<ProxySockets> proxy;
    private final HttpHost claude;
    private long evictedAt;

    ConnectionPool(ClientSettings settings, Watchdog watchdog) {
        this.settings = settings;
        this.watchdog = watchdog;
        this.claude = new HttpHost(
                settings.baseUri().getScheme(),
                settings.authority().host().bare(),
                settings.authority().port(settings.baseUri().getScheme()));
        var plain = new BlockingSockets();
        var tls = new TlsSockets(serverSslContext());
        this.proxy = settings.proxy()
                .map(one -> new ProxySockets(one, InetAddress::getAllByName, tls, watchdog, settings.connectTimeout()));
        this.connections = new Connections(
                settings.maxIdle(),
                socket -> new ChunkMergingConnection(socket, watchdog),
                proxy.map(sockets -> sockets.registry(plain))
                        .orElseGet(() -> RegistryBuilder.<ConnectionSocketFactory>create()
                                .register(URIScheme.HTTP.id, plain)
                                .register(URIScheme.HTTPS.id, tls)
                                .build()),
                proxy.<DnsResolver>map(sockets -> sockets).orElseGet(() -> new Addresses(InetAddress::getAllByName)));
        connections.setMaxTotal(settings.maxConnections());
        connections.setDefaultMaxPerRoute(settings.maxConnections());
        connections.setDefaultSocketConfig(SocketConfig.custom()
                .setSoTimeout(Timeout.DISABLED)
                .setTcpNoDelay(true)
                .setSoKeepAlive(true)
                .build());
        connections.setDefaultConnectionConfig(ConnectionConfig.custom()
                .setConnectTimeout(Timeout.of(settings.connectTimeout()))
                .build());
        connections.setDefaultTlsConfig(TlsConfig.custom()
                .setHandshakeTimeout(Timeout.of(settings.connectTimeout()))
                .build());
        this.evictedAt = watchdog.now();
        watchdog.watch(this);
    }

    /** Returns the server's own TLS settings. On Liberty the default context is its {@code ssl} configuration. */
    private static SSLContext serverSslContext() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("The server's TLS configuration cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * Creates the client with Jersey's own builder, because {@code ClientBuilder} would return the server's RESTEasy.
     */
    Client client() {
        RestRuntime.require();
        var config = new ClientConfig()
                .connectorProvider(new Apache5ConnectorProvider())
                .property(Apache5ClientProperties.CONNECTION_MANAGER, connections)
                .property(Apache5ClientProperties.DISABLE_COOKIES, true)
                .property(
                        Apache5ClientProperties.REQUEST_CONFIG,
                        RequestConfig.custom()
                                .setConnectionRequestTimeout(Timeout.of(settings.leaseTimeout()))
                                .setRedirectsEnabled(false)
                                .build())
                .property(ClientProperties.FOLLOW_REDIRECTS, false)
                .property(ClientProperties.REQUEST_ENTITY_PROCESSING, RequestEntityProcessing.BUFFERED)
                .register(ResponseRepair.class)
                .register((Apache5HttpClientBuilderConfigurator) this::configure);
        return new JerseyClientBuilder().withConfig(config).build();
    }

    /**
     * Returns the URL for Jersey. Jersey rejects a host that {@link URI} does not accept, for example
     * {@code llm_gateway}, and HttpClient decodes a host such as {@code xn--bcher-kva.invalid} to such a host. For
     * these hosts the URL has a placeholder; the route and the {@code Host} header have the real host.
     */
    URI jerseyUri() {
        URI baseUri = settings.baseUri();
        return baseUri.getHost() != null && !settings.authority().host().bare().contains("xn--")
                ? baseUri
                : URI.create(baseUri.getScheme() + "://" + PLACEHOLDER_HOST + baseUri.getRawPath());
    }

    private HttpClientBuilder configure(HttpClientBuilder builder) {
        return proxy.map(sockets -> sockets.configure(builder))
                .orElse(builder)
                .setRoutePlanner(
                        (host, context) -> new HttpRoute(claude, null, URIScheme.HTTPS.same(claude.getSchemeName())))
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableContentCompression()
                .disableAuthCaching()
                .disableDefaultUserAgent()
                .setKeepAliveStrategy((response, context) -> TimeValue.of(settings.keepAlive()))
                .addExecInterceptorFirst("claude-abort", this::bindAbort)
                .addExecInterceptorAfter(ChainElement.CONNECT.name(), "claude-clock", ConnectionPool::startClock);
    }

    private ClassicHttpResponse bindAbort(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        request.setAuthority(
                new URIAuthority(claude.getHostName(), settings.authority().port()));
        if (!(scope.originalRequest instanceof HttpUriRequestBase abortable)) {
            return chain.proceed(request, scope);
        }
        call(scope.clientContext).setCut(abortable::abort);
        try {
            ClassicHttpResponse response = chain.proceed(request, scope);
            // The body was sent. A stream would keep it in memory until its end.
            abortable.setEntity(null);
            return response;
        } catch (Error e) {
            // HttpClient returns a connection to the pool after exceptions, but not after errors.
            scope.execRuntime.discardEndpoint();
            throw e;
        }
    }

    /** Starts the response timeout when the connection is open. Leasing and connecting have their own limits. */
    private static ClassicHttpResponse startClock(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        call(scope.clientContext).startSending();
        return chain.proceed(request, scope);
    }

    private static ClaudeCall call(HttpClientContext context) {
        return (ClaudeCall) ((ClientRequest) context.getAttribute(JERSEY_REQUEST)).getProperty(CALL);
    }

    /**
     * A pool that keeps a limited number of idle connections, survives failing calls, and never leaks a slot.
     *
     * <p>HttpClient closes its connection manager after any {@code Error} in a call. A client or connector that is
     * closed or finalized closes it too. One call would then end all other calls for good. Therefore only
     * {@link #end()} closes this pool.
     */
    static final class Connections extends PoolingHttpClientConnectionManager {

        private final int maxIdle;
        private volatile boolean hasEnded;

        Connections(
                int maxIdle,
                HttpConnectionFactory<ManagedHttpClientConnection> factory,
                Registry<ConnectionSocketFactory> sockets) {
            this(maxIdle, factory, sockets, SystemDefaultDnsResolver.INSTANCE);
        }

        Connections(
                int maxIdle,
                HttpConnectionFactory<ManagedHttpClientConnection> factory,
                Registry<ConnectionSocketFactory> sockets,
                DnsResolver resolver) {
            super(
                    sockets,
                    PoolConcurrencyPolicy.STRICT,
                    PoolReusePolicy.LIFO,
                    TimeValue.NEG_ONE_MILLISECOND,
                    null,
                    resolver,
                    socket -> connection(factory, socket));
            this.maxIdle = maxIdle;
        }

        /**
         * Creates a connection. An {@code Error} becomes an exception, because the pool releases the slot of a failed
         * connection only after an exception.
         */
        private static ManagedHttpClientConnection connection(
                HttpConnectionFactory<ManagedHttpClientConnection> factory, Socket socket) throws IOException {
            try {
                return factory.createConnection(socket);
            } catch (Error e) {
                throw new IOException("The connection could not be created", e);
            }
        }

        @Override
        public LeaseRequest lease(String id, HttpRoute route, Timeout wait, Object state) {
            LeaseRequest request = super.lease(id, route, wait, state);
            return new LeaseRequest() {
                @Override
                public ConnectionEndpoint get(Timeout timeout)
                        throws InterruptedException, ExecutionException, TimeoutException {
                    try {
                        return request.get(timeout);
                    } catch (Error e) {
                        release(request, timeout, e);
                        throw e;
                    }
                }

                @Override
                public boolean cancel() {
                    return request.cancel();
                }
            };
        }

        /**
         * Releases the slot of a lease request that failed. If it can no longer be canceled, it has a slot, and
         * {@code get} returns it.
         */
        private void release(LeaseRequest request, Timeout timeout, Error error) {
            try {
                if (!request.cancel()) {
                    release(request.get(timeout), null, null);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException | RuntimeException | Error e) {
                error.addSuppressed(e);
            }
        }

        /** Closes a released connection if enough connections are idle. HttpClient itself has no such limit. */
        @Override
        public void release(ConnectionEndpoint endpoint, Object state, TimeValue keepAlive) {
            TimeValue idleTime = null;
            try {
                idleTime = getTotalStats().getAvailable() < maxIdle ? keepAlive : null;
            } finally {
                super.release(endpoint, state, idleTime);
            }
        }

        @Override
        public void close() {
            // See end().
        }

        @Override
        public void close(CloseMode mode) {
            // See end().
        }

        void end() {
            hasEnded = true;
            super.close(CloseMode.GRACEFUL);
        }

        boolean hasEnded() {
            return hasEnded;
        }
    }

    /**
     * Creates sockets whose reads need one system call. Java's ordinary sockets stay non-blocking after a connect with
     * a time-out, and then need three calls for each read. The socket of a channel becomes blocking again. Channels do
     * not support Java's SOCKS proxy, so ordinary sockets are used with it.
     */
    private static final class BlockingSockets extends PlainConnectionSocketFactory {

        @Override
        public Socket createSocket(HttpContext context) throws IOException {
            return System.getProperty("socksProxyHost") == null
                    ? SocketChannel.open().socket()
                    : super.createSocket(context);
        }

        @Override
        public Socket createSocket(Proxy proxy, HttpContext context) throws IOException {
            return proxy == null ? createSocket(context) : super.createSocket(proxy, context);
        }
    }

    @Override
    public void check(long now) {
        if (now - evictedAt >= EVICTION_NANOS) {
            evictedAt = now;
            connections.closeIdle(TimeValue.of(settings.keepAlive()));
        }
    }

    /** Whether connections can be leased. If not, no call is possible until the server is restarted. */
    boolean isOpen() {
        return !connections.hasEnded();
    }

    /** Returns the sockets through the proxy. Empty if Claude is reached directly. */
    Optional<ProxySockets> proxy() {
        return proxy;
    }

    int leased() {
        return connections.getTotalStats().getLeased();
    }

    int idle() {
        return connections.getTotalStats().getAvailable();
    }

    @Override
    public void close() {
        watchdog.forget(this);
        connections.end();
    }
}
