package io.github.claudejakarta.webhook;

import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.net.Authority;
import io.github.claudejakarta.net.GuardedConnection;
import io.github.claudejakarta.net.ProxyFailure;
import io.github.claudejakarta.net.ProxySockets;
import io.github.claudejakarta.net.TlsSockets;
import io.github.claudejakarta.runtime.FailureText;
import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.socket.ConnectionSocketFactory;
import org.apache.hc.client5.http.socket.PlainConnectionSocketFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.URIScheme;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.net.URIAuthority;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Makes one attempt at a callback: a signed POST over a connection of its own. It follows no redirects, and reads only
 * the beginning of an answer.
 *
 * <p>Safe for use by many threads.
 */
final class Sender implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Sender.class.getName());
    private static final Duration MAX_CONNECT_TIME = Duration.ofSeconds(5);
    /** The maximum number of bytes of an answer that are stored. They fit into the column in any encoding. */
    private static final int SHOWN_BYTES = 1_000;

    private final WebhookSettings settings;
    private final Watchdog watchdog;
    private final AddressGuard guard;
    private final TlsSockets tls;
    private final Optional<ProxySockets> proxy;
    /** The connections of the current attempts. */
    private final Set<PoolingHttpClientConnectionManager> running = ConcurrentHashMap.newKeySet();

    Sender(WebhookSettings settings, AddressGuard guard, Watchdog watchdog) {
        this(settings, guard, InetAddress::getAllByName, watchdog, platformContext());
    }

    Sender(WebhookSettings settings, AddressGuard guard, Watchdog watchdog, SSLContext tls) {
        this(settings, guard, InetAddress::getAllByName, watchdog, tls);
    }

    /** @param lookup resolves the host of the proxy, if there is a proxy */
    Sender(WebhookSettings settings, AddressGuard guard, ProxySockets.Lookup lookup, Watchdog watchdog) {
        this(settings, guard, lookup, watchdog, platformContext());
    }

    Sender(
            WebhookSettings settings,
            AddressGuard guard,
            ProxySockets.Lookup lookup,
            Watchdog watchdog,
            SSLContext tls) {
        this.settings = settings;
        this.watchdog = watchdog;
        this.guard = guard;
        this.tls = new TlsSockets(tls);
        this.proxy = settings.proxy()
                .map(one -> new ProxySockets(one, lookup, this.tls, watchdog, connectTimeout(settings)));
    }

    /**
     * Returns the connections for one attempt. Attempts share none, because HttpClient closes all connections after an
     * {@code Error}, or loses their slots.
     */
    private PoolingHttpClientConnectionManager connections() {
        var plain = PlainConnectionSocketFactory.getSocketFactory();
        var connections = new PoolingHttpClientConnectionManager(
                proxy.map(sockets -> sockets.registry(plain))
                        .orElseGet(() -> RegistryBuilder.<ConnectionSocketFactory>create()
                                .register(URIScheme.HTTP.id, plain)
                                .register(URIScheme.HTTPS.id, tls)
                                .build()),
                PoolConcurrencyPolicy.STRICT,
                PoolReusePolicy.LIFO,
                TimeValue.NEG_ONE_MILLISECOND,
                null,
                proxy.<DnsResolver>map(sockets -> sockets).orElse(guard),
                socket -> new GuardedConnection(socket, watchdog));
        connections.setDefaultConnectionConfig(ConnectionConfig.custom()
                .setConnectTimeout(timeout(connectTimeout(settings)))
                .build());
        connections.setDefaultSocketConfig(
                SocketConfig.custom().setSoTimeout(timeout(settings.timeout())).build());
        return connections;
    }

    private CloseableHttpClient client(PoolingHttpClientConnectionManager connections) {
        HttpClientBuilder builder = HttpClients.custom();
        return proxy.map(sockets -> sockets.configure(builder))
                .orElse(builder)
                .setConnectionManager(connections)
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectionRequestTimeout(timeout(settings.timeout()))
                        .build())
                .setConnectionReuseStrategy((request, response, context) -> false)
                .setUserAgent("claude-jakarta")
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .build();
    }

    private static SSLContext platformContext() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("The platform has no TLS", e);
        }
    }

    /** Returns the limit for a connection to one address. */
    private static Duration connectTimeout(WebhookSettings settings) {
        return settings.timeout().compareTo(MAX_CONNECT_TIME) < 0 ? settings.timeout() : MAX_CONNECT_TIME;
    }

    private static Timeout timeout(Duration duration) {
        return Timeout.ofMilliseconds(duration.toMillis());
    }

    /**
     * The answer of a receiver.
     *
     * @param beginning beginning of the body; empty if the status is 2xx
     * @param retryAfter pause that the receiver requests
     */
    record Answer(int status, String beginning, Optional<Duration> retryAfter) {

        boolean isSuccess() {
            return status / 100 == 2;
        }

        boolean isGone() {
            return status == 410;
        }
    }

    /** There is no answer. The message contains the reason, and may be shown to the caller that chose the URL. */
    static final class NoAnswer extends Exception {

        private static final long serialVersionUID = 1;

        NoAnswer(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Sends a callback on the calling thread, within the time limit. */
    Answer send(String id, Instant now, URI url, String payload) throws NoAnswer {
        Authority authority = Authority.of(url).orElseThrow();
        boolean isSecured = "https".equalsIgnoreCase(url.getScheme());
        if (!isSecured && !settings.allowedHosts().contain(authority.host())) {
            throw new NoAnswer("callbacks need https, unless claude.webhooks.allowed-hosts contains the host", null);
        }
        var request = new HttpPost(url);
        request.setAuthority(new URIAuthority(authority.host().bare(), authority.port()));
        request.setEntity(new StringEntity(payload, ContentType.APPLICATION_JSON));
        request.setHeader("webhook-id", id);
        request.setHeader("webhook-timestamp", Long.toString(now.getEpochSecond()));
        request.setHeader("webhook-signature", settings.secret().sign(id, now, payload));
        var deadline = new Deadline(
                request,
                Thread.currentThread(),
                watchdog.now() + settings.timeout().toNanos());
        var connections = connections();
        running.add(connections);
        watchdog.watch(deadline);
        // Without a proxy, the guard itself resolves the addresses of each connection.
        boolean isKnown = proxy.isEmpty();
        try {
            isKnown = isKnown || guard.isKnown(authority.host().name());
            ClassicHttpResponse response = client(connections)
                    .executeOpen(
                            new HttpHost(
                                    isSecured ? URIScheme.HTTPS.id : URIScheme.HTTP.id,
                                    authority.host().bare(),
                                    authority.port()),
                            request,
                            null);
            if (response.getCode() == HttpStatus.SC_PROXY_AUTHENTICATION_REQUIRED && proxy.isPresent() && !isSecured) {
                throw proxy.get().unauthorized();
            }
            return answer(response);
        } catch (IOException | RuntimeException e) {
            // The client also throws RuntimeExceptions, for a connection that is closed from outside and for some
            // answers.
            Optional<ProxyFailure> ofProxy = ProxyFailure.in(e);
            if (!isKnown && !ofProxy.map(ProxyFailure::isProxyFault).orElse(false)) {
                // The messages of the proxy could reveal internal hosts and ports to callers.
                LOG.log(
                        Level.INFO,
                        () -> "A callback to " + authority.host() + " was not delivered: " + FailureText.of(e));
                throw new NoAnswer(AddressGuard.UNREACHABLE, e);
            }
            if (ofProxy.isPresent() && !deadline.hasExpired) {
                throw new NoAnswer(
                        "The proxy for callbacks (claude.webhooks.proxy) "
                                + ofProxy.get().description(),
                        e);
            }
            throw new NoAnswer(
                    deadline.hasExpired || e instanceof SocketTimeoutException
                            ? "There was no answer within " + settings.timeout().toSeconds() + " s"
                            : reason(e),
                    e);
        } finally {
            watchdog.forget(deadline);
            // Not by closing the response, which would read the rest of it.
            request.cancel();
            running.remove(connections);
            connections.close(CloseMode.IMMEDIATE);
        }
    }

    /**
     * Returns the reason of a failure. Messages of exceptions are not used, because they contain internal addresses.
     */
    private static String reason(Exception e) {
        if (e instanceof TimedLookup.NotAnswered) {
            return AddressGuard.NOT_ANSWERED;
        }
        if (e instanceof UnknownHostException) {
            return AddressGuard.UNREACHABLE;
        }
        if (e instanceof SSLPeerUnverifiedException) {
            return "TLS failed: the certificate is not for this host";
        }
        if (e instanceof SSLException) {
            return printable("TLS failed: " + FailureText.of(e));
        }
        if (e instanceof ClientProtocolException || e instanceof RuntimeException) {
            return "The answer is not HTTP";
        }
        return e instanceof ConnectException
                ? "No connection could be made"
                : "The connection failed (" + e.getClass().getSimpleName() + ")";
    }

    private static Answer answer(ClassicHttpResponse response) {
        int status = response.getCode();
        String beginning = beginning(response);
        return new Answer(
                status, status / 100 == 2 ? "" : beginning, retryAfter(response.getFirstHeader("retry-after")));
    }

    /** Reads the beginning of the body, as far as possible. A broken body is no error, because the status is enough. */
    private static String beginning(ClassicHttpResponse response) {
        if (response.getEntity() == null) {
            return "";
        }
        var buffer = new byte[SHOWN_BYTES];
        int count = 0;
        try {
            InputStream body = response.getEntity().getContent();
            for (int more = 0; more >= 0 && count < SHOWN_BYTES; more = body.read(buffer, count, SHOWN_BYTES - count)) {
                count += more;
            }
        } catch (IOException e) {
            LOG.log(Level.FINE, "An answer broke off", e);
        }
        return printable(new String(buffer, 0, count, StandardCharsets.UTF_8));
    }

    private static String printable(String text) {
        return Surrogates.beginning(text, SHOWN_BYTES)
                .replaceAll("\\p{Cntrl}+", " ")
                .strip();
    }

    private static Optional<Duration> retryAfter(Header header) {
        return Optional.ofNullable(header)
                .map(Header::getValue)
                .map(String::strip)
                .filter(value -> value.matches("[0-9]{1,15}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)));
    }

    /**
     * Ends an attempt that takes too long in any of its steps, or whose thread is interrupted because the server stops.
     */
    private static final class Deadline implements Watchdog.Watched {

        private final HttpPost request;
        private final Thread thread;
        private final long end;
        private volatile boolean hasExpired;

        Deadline(HttpPost request, Thread thread, long end) {
            this.request = request;
            this.thread = thread;
            this.end = end;
        }

        @Override
        public void check(long now) {
            if (now - end >= 0) {
                hasExpired = true;
                request.cancel();
            } else if (thread.isInterrupted()) {
                request.cancel();
            }
        }
    }

    /** Closes the connections of the current attempts. */
    @Override
    public void close() {
        running.forEach(connections -> connections.close(CloseMode.IMMEDIATE));
    }
}
