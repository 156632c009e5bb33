package io.github.claudejakarta.webhook;

import io.github.claudejakarta.claude.http.Watchdog;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.client5.http.ssl.SSLConnectionSocketFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.util.Timeout;

/**
 * Makes one attempt at a callback: a signed POST over a connection of its own. It follows no redirect, and reads of an answer only its
 * beginning.
 *
 * <p>Safe for use by many threads.
 */
final class Sender implements AutoCloseable {

    /** Fits into its column, however few bytes a character has. */
    private static final int SHOWN_BYTES = 1_000;

    private final WebhookSettings settings;
    private final Watchdog watchdog;
    private final CloseableHttpClient client;

    Sender(WebhookSettings settings, AddressGuard guard, Watchdog watchdog) {
        this(settings, guard, watchdog, ofPlatform());
    }

    Sender(WebhookSettings settings, AddressGuard guard, Watchdog watchdog, SSLContext tls) {
        this.settings = settings;
        this.watchdog = watchdog;
        var connections = PoolingHttpClientConnectionManagerBuilder.create()
            .setDnsResolver(guard)
            .setSSLSocketFactory(new SSLConnectionSocketFactory(tls))
            .setMaxConnTotal(settings.maxConcurrent())
            .setMaxConnPerRoute(settings.maxConcurrent())
            .setDefaultConnectionConfig(ConnectionConfig.custom().setConnectTimeout(timeout(settings.timeout())).build())
            .setDefaultSocketConfig(SocketConfig.custom().setSoTimeout(timeout(settings.timeout())).build())
            .build();
        this.client = HttpClients.custom()
            .setConnectionManager(connections)
            .setDefaultRequestConfig(RequestConfig.custom().setConnectionRequestTimeout(timeout(settings.timeout())).build())
            .setConnectionReuseStrategy((request, response, context) -> false)
            .setUserAgent("claude-jakarta")
            .disableAutomaticRetries()
            .disableRedirectHandling()
            .disableCookieManagement()
            .disableAuthCaching()
            .disableContentCompression()
            .build();
    }

    private static SSLContext ofPlatform() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("The platform has no TLS", e);
        }
    }

    private static Timeout timeout(Duration duration) {
        return Timeout.ofMilliseconds(duration.toMillis());
    }

    /**
     * What a receiver said.
     *
     * @param beginning  of the body; empty where the status says enough
     * @param retryAfter how long it asks to be left alone
     */
    record Answer(int status, String beginning, Optional<Duration> retryAfter) {

        boolean isSuccess() {
            return status / 100 == 2;
        }

        boolean isGone() {
            return status == 410;
        }
    }

    /** There is no answer; the message says why, and may be shown to whoever gave the URL. */
    static final class NoAnswer extends Exception {

        private static final long serialVersionUID = 1;

        NoAnswer(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Sends it, on the calling thread, within the time there is for it. */
    Answer send(String id, Instant now, URI url, String payload) throws NoAnswer {
        var request = new HttpPost(url);
        request.setEntity(new StringEntity(payload, ContentType.APPLICATION_JSON));
        request.setHeader("webhook-id", id);
        request.setHeader("webhook-timestamp", Long.toString(now.getEpochSecond()));
        request.setHeader("webhook-signature", settings.secret().sign(id, now, payload));
        var deadline = new Deadline(request, Thread.currentThread(), watchdog.now() + settings.timeout().toNanos());
        watchdog.watch(deadline);
        try (ClassicHttpResponse response = client.executeOpen(RoutingSupport.determineHost(request), request, null)) {
            return answer(response);
        } catch (IOException | HttpException e) {
            // The socket has the same limit, and may be the first to find that it is over.
            boolean isLate = deadline.isOver || e instanceof SocketTimeoutException;
            throw new NoAnswer(isLate ? "There was no answer within " + settings.timeout().toSeconds() + " s" : reason(e), e);
        } finally {
            watchdog.forget(deadline);
        }
    }

    /** Not the exceptions' own words, which have addresses of the inside. */
    private static String reason(Exception e) {
        if (e instanceof AddressGuard.Forbidden) {
            return "The host is not on the public Internet, and not in claude.webhooks.allowed-hosts";
        }
        if (e instanceof UnknownHostException) {
            return "The host is not known";
        }
        if (e instanceof SSLException) {
            return "TLS failed: " + e.getMessage();
        }
        return "The connection failed (" + e.getClass().getSimpleName() + ")";
    }

    private static Answer answer(ClassicHttpResponse response) throws IOException {
        int status = response.getCode();
        return new Answer(status, status / 100 == 2 ? "" : beginning(response), retryAfter(response.getFirstHeader("retry-after")));
    }

    private static String beginning(ClassicHttpResponse response) throws IOException {
        if (response.getEntity() == null) {
            return "";
        }
        InputStream body = response.getEntity().getContent();
        String text = new String(body.readNBytes(SHOWN_BYTES), StandardCharsets.UTF_8);
        return text.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    private static Optional<Duration> retryAfter(Header header) {
        return Optional.ofNullable(header).map(Header::getValue).map(String::strip).filter(value -> value.matches("[0-9]{1,6}"))
            .map(value -> Duration.ofSeconds(Long.parseLong(value)));
    }

    /** Ends an attempt that takes too long, in whatever it is, or whose thread is wanted back because the server stops. */
    private static final class Deadline implements Watchdog.Watched {

        private final HttpPost request;
        private final Thread thread;
        private final long end;
        private volatile boolean isOver;

        Deadline(HttpPost request, Thread thread, long end) {
            this.request = request;
            this.thread = thread;
            this.end = end;
        }

        @Override
        public void check(long now) {
            if (now - end >= 0) {
                isOver = true;
                request.cancel();
            } else if (thread.isInterrupted()) {
                request.cancel();
            }
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
