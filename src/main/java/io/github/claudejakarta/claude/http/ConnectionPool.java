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
 * The connections to Claude: the Jersey client on Apache HttpClient 5, whose own retries, redirects, cookies and
 * compression are off, because the policy is ours. HttpClient's decompression would take a gzip body that was cut off
 * for whole where it has several members, and ask again for an answer in a coding that it does not know;
 * {@link ResponseRepair} decodes in its place.
 *
 * <p>Sockets have no read time-out: with one, each read costs three system calls in place of one. {@link Watchdog}
 * closes what is silent for too long, which works from another thread.
 */
final class ConnectionPool implements Watchdog.Watched, AutoCloseable {

    /** The property of a Jersey request that holds its {@link ClaudeCall}. */
    static final String CALL = ClaudeCall.class.getName();

    /** A host that Jersey accepts. */
    private static final String STAND_IN = "claude";
    /** Where the connector puts Jersey's request in HttpClient's context. */
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

    /** The server's own TLS settings: on Liberty the default context is its {@code ssl} configuration. */
    private static SSLContext serverSslContext() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("The server's TLS configuration cannot be used: " + e.getMessage(), e);
        }
    }

    /** Built by Jersey's own builder: a look-up by {@code ClientBuilder} would give the server's RESTEasy. */
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
     * Returns the URL that Jersey is given for Claude's. Jersey refuses a host that {@link URI} does not know as one,
     * as {@code llm_gateway}, and HttpClient turns a host such as {@code xn--bcher-kva.invalid} into one. The route and
     * the {@code Host} header have the real one.
     */
    URI jerseyUri() {
        URI claudes = settings.baseUri();
        return claudes.getHost() != null && !settings.authority().host().bare().contains("xn--")
                ? claudes
                : URI.create(claudes.getScheme() + "://" + STAND_IN + claudes.getRawPath());
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
        call(scope.clientContext).cutWith(abortable::abort);
        try {
            ClassicHttpResponse response = chain.proceed(request, scope);
            // It was sent; a stream would keep it for as long as it runs.
            abortable.setEntity(null);
            return response;
        } catch (Error e) {
            // HttpClient gives a connection back after exceptions alone.
            scope.execRuntime.discardEndpoint();
            throw e;
        }
    }

    /** The wait for Claude begins once there is a connection; leasing and connecting have limits of their own. */
    private static ClassicHttpResponse startClock(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        call(scope.clientContext).startSending();
        return chain.proceed(request, scope);
    }

    private static ClaudeCall call(HttpClientContext context) {
        return (ClaudeCall) ((ClientRequest) context.getAttribute(JERSEY_REQUEST)).getProperty(CALL);
    }

    /**
     * Keeps a limited number of idle connections, survives calls that fail, and loses none of its places.
     *
     * <p>HttpClient closes its connection manager after any {@code Error} in a call, and so do a client and a connector
     * that are closed or finalized. One call would end all others, for ever; so nobody closes it but {@link #end()}.
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

        /** The pool releases the place of a connection that could not be made after an exception alone. */
        private static ManagedHttpClientConnection connection(
                HttpConnectionFactory<ManagedHttpClientConnection> factory, Socket socket) throws IOException {
            try {
                return factory.createConnection(socket);
            } catch (Error e) {
                throw new IOException("No connection could be made", e);
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

        /** A request that can no longer be canceled has a place; asked again, it hands the place over. */
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

        /** HttpClient itself has no limit of idle connections, but each comes by here when it is released. */
        @Override
        public void release(ConnectionEndpoint endpoint, Object state, TimeValue keepAlive) {
            TimeValue kept = null;
            try {
                kept = getTotalStats().getAvailable() < maxIdle ? keepAlive : null;
            } finally {
                super.release(endpoint, state, kept);
            }
        }

        @Override
        public void close() {
            // see end()
        }

        @Override
        public void close(CloseMode mode) {
            // see end()
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
     * Sockets that block in one system call. Java's ordinary ones turn non-blocking for good once they were connected
     * with a time-out, and then cost three calls a read; a channel's socket turns back. Channels do not know of Java's
     * SOCKS proxy.
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

    /** Whether connections can be leased; if not, no call can be made until the server is started again. */
    boolean isOpen() {
        return !connections.hasEnded();
    }

    /** Returns the sockets through the proxy. Empty where Claude is reached directly. */
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
