package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ByteOrderMark;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.net.Authority;
import io.github.claudejakarta.net.ProxyFailure;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WholeBody;
import jakarta.ws.rs.ProcessingException;
import jakarta.ws.rs.client.Client;
import jakarta.ws.rs.client.Entity;
import jakarta.ws.rs.client.Invocation;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.HttpHostConnectException;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.NotImplementedException;
import org.glassfish.jersey.client.ClientProperties;
import org.glassfish.jersey.client.RequestEntityProcessing;

/**
 * One attempt at a call, over the Jersey client. Nothing here tries twice.
 *
 * <p>A stream's attempt lasts until its first event, so that an {@code error} that comes first, under HTTP 200, is an
 * error like any other and can be tried again.
 *
 * <p>Safe for use by many threads.
 */
final class Transport implements AutoCloseable {

    /** Answers that are not streamed are held in memory; Claude's longest messages are a few MB. */
    private static final int MAX_MESSAGE_BYTES = 64 << 20;
    /** A page of a list, and whatever else is no message. */
    private static final int MAX_OTHER_BYTES = 8 << 20;

    private static final int MAX_ERROR_BYTES = 1 << 20;
    private static final int MAX_CAUSES = 20;
    private static final String CONTENT_TYPE = "content-type";
    private static final String JSON_LINES = "application/x-jsonl";
    private static final Pattern EVENT_STREAM =
            Pattern.compile("text/event-stream\\s*(;.*)?", Pattern.CASE_INSENSITIVE);
    private static final Set<Integer> REDIRECTS = Set.of(300, 301, 302, 303, 305, 306, 307, 308);

    private static final Logger LOG = Logger.getLogger(Transport.class.getName());

    private final ClientSettings settings;
    private final ConnectionPool pool;
    private final Client client;
    private final Watchdog watchdog;

    Transport(ClientSettings settings, Watchdog watchdog) {
        this.settings = settings;
        this.watchdog = watchdog;
        this.pool = new ConnectionPool(settings, watchdog);
        this.client = pool.client();
    }

    /** @throws AttemptFailure whatever went wrong */
    ClaudeAnswer attempt(ClaudeCall call) {
        watchdog.watch(call.responseTimeout());
        boolean isOpen = false;
        try {
            ClaudeAnswer answer = answer(call, response(call));
            isOpen = answer.isOpen();
            return answer;
        } finally {
            if (!isOpen) {
                watchdog.forget(call.responseTimeout());
            }
        }
    }

    private Response response(ClaudeCall call) {
        Invocation.Builder request = client.target(pool.jerseyUri() + call.path())
                .request()
                .property(ConnectionPool.CALL, call)
                .header(
                        "accept",
                        switch (call.form()) {
                            case WHOLE -> MediaType.APPLICATION_JSON;
                            case EVENTS -> MediaType.SERVER_SENT_EVENTS;
                            case CONTENT -> JSON_LINES;
                        })
                // Not of events: something that compresses them may wait for more before it sends one.
                .header("accept-encoding", call.form() == Endpoint.Form.EVENTS ? "identity" : ResponseRepair.ACCEPTED)
                .header("user-agent", "claude-jakarta");
        headers(call).forEach(request::header);
        if (call.isCreation()) {
            request.property(ClientProperties.REQUEST_ENTITY_PROCESSING, RequestEntityProcessing.CHUNKED);
        }
        try {
            Optional<Object> entity = call.entity();
            return entity.isPresent()
                    ? request.method(call.method(), Entity.entity(entity.get(), MediaType.APPLICATION_JSON_TYPE))
                    : request.method(call.method());
        } catch (ProcessingException e) {
            // HttpClient and Jersey release the connection after most failures, but not after all.
            call.cutAttempt();
            throw unreachable(call, e);
        } catch (RuntimeException | Error e) {
            call.cutAttempt();
            throw e;
        } finally {
            call.responseTimeout().endWait();
        }
    }

    /**
     * One credential goes upstream: the key of the request's options, else the server's, else the caller's, of which
     * {@link ForwardedHeaders} passes one.
     */
    private Map<String, String> headers(ClaudeCall call) {
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(call.request().headers());
        headers.putIfAbsent("anthropic-version", settings.version());
        call.request().apiKey().or(settings::apiKey).ifPresent(key -> headers.put("x-api-key", key));
        if (headers.containsKey("x-api-key")) {
            headers.remove("authorization");
        }
        return headers;
    }

    private AttemptFailure unreachable(ClaudeCall call, ProcessingException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        if (call.isCanceled()) {
            return new AttemptFailure.Refusal(call.cancellation());
        }
        if (call.responseTimeout().isTimedOut()) {
            return new AttemptFailure.Outage(call.responseTimeout().timeout().withCause(cause));
        }
        if (Interruption.isIn(cause)) {
            return new AttemptFailure.Refusal(Interruption.failure(cause));
        }
        Optional<ProxyFailure> ofProxy = ProxyFailure.in(cause);
        if (ofProxy.isPresent()) {
            return ofProxy(ofProxy.get());
        }
        if (cause instanceof ConnectionRequestTimeoutException) {
            return new AttemptFailure.Refusal(ClaudeException.of(
                            ErrorType.OVERLOADED,
                            "All " + settings.maxConnections()
                                    + " connections to Claude are in use (claude.pool.max-connections)")
                    .withRetryAfter(settings.leaseTimeout())
                    .withCause(cause));
        }
        if (has(cause, Error.class)) {
            // This server's fault: it says nothing about Claude, so the circuit breaker does not count it.
            LOG.log(Level.SEVERE, "A request to Claude ended in an error of this server", cause);
            return new AttemptFailure.Refusal(ClaudeException.of(ErrorType.API, "The request could not be sent")
                    .withCause(cause));
        }
        if (has(cause, MessageConstraintException.class)) {
            // Not again: the same head is to be expected, and a message may have been paid for.
            return new AttemptFailure.Outage(ClaudeException.of(
                            ErrorKind.BROKEN,
                            ErrorType.API,
                            "The head of Claude's response exceeds a limit: " + cause.getMessage())
                    .withCause(cause));
        }
        if (has(cause, NotImplementedException.class)) {
            // Not again, for the same reason.
            return new AttemptFailure.Outage(ClaudeException.of(
                            ErrorKind.BROKEN, ErrorType.API, "Claude's answer cannot be decoded: " + cause.getMessage())
                    .withoutRetry()
                    .withCause(cause));
        }
        if (cause instanceof ClaudeException own) {
            // The request could not be written, for example because the database that holds it is away: that says
            // nothing about Claude.
            return new AttemptFailure.Refusal(own);
        }
        if (!(cause instanceof IOException)) {
            LOG.log(Level.WARNING, "The HTTP client failed", cause);
            return new AttemptFailure.Outage(ClaudeException.of(ErrorType.API, "The request could not be sent")
                    .withCause(cause));
        }
        ClaudeException failure = ClaudeException.of(
                        isUnsent(call, cause) ? ErrorKind.UNREACHABLE : ErrorKind.BROKEN,
                        ErrorType.API,
                        whatFailed(cause)
                                + cause.getMessage()
                                + settings.proxy()
                                        .map(proxy -> " (through the proxy " + proxy + ")")
                                        .orElse(""))
                .withCause(cause);
        return call.isCreation() && call.isInDoubt()
                ? new AttemptFailure.Outage(failure)
                : new AttemptFailure.PassingOutage(failure);
    }

    /**
     * Whether Claude has nothing of the request. With TLS 1.3 a server can reject the client's certificate after the
     * client has begun to send.
     */
    private static boolean isUnsent(ClaudeCall call, Throwable cause) {
        return !call.isInDoubt() || has(cause, SSLHandshakeException.class);
    }

    /** A refusal of the proxy is not counted by the circuit breaker, which would soon hide why calls fail. */
    private static AttemptFailure ofProxy(ProxyFailure proxy) {
        ClaudeException failure = ClaudeException.of(ErrorKind.UNREACHABLE, ErrorType.API, proxy.getMessage())
                .withCause(proxy);
        return switch (proxy.kind()) {
            case PASSING -> new AttemptFailure.PassingOutage(failure);
            case BROKEN -> new AttemptFailure.Outage(failure);
            case REFUSED -> new AttemptFailure.Refusal(failure);
        };
    }

    private static boolean has(Throwable failure, Class<?> kind) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .limit(MAX_CAUSES)
                .anyMatch(kind::isInstance);
    }

    private static String whatFailed(Throwable cause) {
        if (cause instanceof UnknownHostException) {
            return "Claude could not be reached: no address is known of ";
        }
        return cause instanceof ConnectTimeoutException || cause instanceof HttpHostConnectException
                ? "Claude could not be reached: "
                : "The connection to Claude failed: ";
    }

    private ClaudeAnswer answer(ClaudeCall call, Response response) {
        try {
            Map<String, String> headers = ForwardedHeaders.downstream(response.getStringHeaders());
            call.observation().noteAnswer(response.getStatus(), headers);
            if (response.getStatus() == Response.Status.PROXY_AUTHENTICATION_REQUIRED.getStatusCode()
                    && pool.proxy().isPresent()
                    && "http".equals(settings.baseUri().getScheme())) {
                // Only a proxy answers so, and it has not passed the request on. Within a tunnel it would be the
                // target's own answer.
                call.settle();
                throw ofProxy(pool.proxy().get().unauthorized());
            }
            if (isUnexpected(response.getStatus())) {
                throw unexpected(call, response);
            }
            if (response.getStatus() >= 400) {
                throw refused(
                        call,
                        ClaudeException.ofAnswer(
                                response.getStatus(), withDate(headers, response), errorBody(call, response)));
            }
            var body = new ProbedBody(response.readEntity(InputStream.class), call.responseTimeout()::startWait);
            ProbedBody.Kind kind = isAsAsked(call, response, headers) ? ProbedBody.Kind.OTHER : kind(call, body);
            if (kind == ProbedBody.Kind.ERROR) {
                throw refused(call, errorUnderSuccess(call, response, body, withDate(headers, response)));
            }
            return switch (call.form()) {
                case EVENTS -> {
                    EventStream events = events(call, response, body, kind, headers);
                    yield new ClaudeAnswer.Events(response.getStatus(), headers, events);
                }
                case CONTENT -> {
                    headers.putIfAbsent(CONTENT_TYPE, JSON_LINES);
                    yield new ClaudeAnswer.Download(
                            response.getStatus(), headers, new Download(call, body, () -> discard(call, response)));
                }
                case WHOLE -> {
                    // Nothing is sent again from here on, so that the answer may have the room of the request.
                    call.forgetBody();
                    byte[] whole = whole(
                            call,
                            response,
                            body,
                            call.request().kind().isMessage() ? MAX_MESSAGE_BYTES : MAX_OTHER_BYTES,
                            call.answerRoom());
                    call.settle();
                    response.close();
                    if (call.request().kind().isMessage()) {
                        call.observation().noteMessage(whole);
                    }
                    headers.putIfAbsent(CONTENT_TYPE, MediaType.APPLICATION_JSON);
                    yield new ClaudeAnswer.Whole(response.getStatus(), headers, whole);
                }
            };
        } catch (AttemptFailure e) {
            discard(call, response);
            throw e;
        } catch (IOException | ProcessingException e) {
            discard(call, response);
            throw broken(call, e);
        } catch (RuntimeException | Error e) {
            discard(call, response);
            throw e;
        }
    }

    private static boolean isUnexpected(int status) {
        return status < 200 || status >= 300 && status < 400 || status >= 600;
    }

    /** Neither an answer nor a refusal. Every further attempt gets the same, until the configuration is right. */
    private static AttemptFailure unexpected(ClaudeCall call, Response response) {
        int status = response.getStatus();
        if (status < 400) {
            call.settle();
        }
        String message = REDIRECTS.contains(status)
                ? "The address in claude.base-url answered with a redirect (HTTP status " + status + ")"
                        + target(response.getHeaderString("location"))
                                .map(" to "::concat)
                                .orElse("")
                        + ". Redirects are not followed. Set claude.base-url to the address of the API itself."
                : "The address in claude.base-url answered with HTTP status " + status
                        + ", which is neither an answer nor an error. Check that claude.base-url is the address of the API.";
        return new AttemptFailure.Refusal(ClaudeException.of(ErrorKind.UNREACHABLE, ErrorType.API, message)
                .withoutRetry());
    }

    /** Where a redirect leads: the scheme, host and port. A path or query may have credentials. */
    private static Optional<String> target(String location) {
        try {
            URI uri = new URI(location == null ? "" : location);
            return Authority.of(uri)
                    .map(authority -> (uri.getScheme() == null ? "" : uri.getScheme() + "://")
                            + new Authority(Optional.empty(), authority.host(), authority.port()));
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    /**
     * Whether it is a download of lines by its head. Nobody waits for its first byte then, so that an error in place of
     * lines is left to its reader.
     */
    private static boolean isAsAsked(ClaudeCall call, Response response, Map<String, String> headers) {
        return call.form() == Endpoint.Form.CONTENT
                && headers.getOrDefault(CONTENT_TYPE, "").startsWith(JSON_LINES)
                && response.getHeaderString("content-encoding") == null;
    }

    /**
     * What the body is, whatever the head says of it. A body that breaks off so early counts as one that has not begun.
     */
    private static ProbedBody.Kind kind(ClaudeCall call, ProbedBody body) {
        call.responseTimeout().startWait();
        try {
            return body.kind();
        } catch (IOException | IllegalStateException e) {
            AttemptFailure failure = broken(call, e);
            throw call.form() == Endpoint.Form.EVENTS ? notBegun(call, failure.failure()) : failure;
        } finally {
            call.responseTimeout().endWait();
        }
    }

    /** An error in Anthropic's shape under a status that says success: its type alone says what it is. */
    private static ClaudeException errorUnderSuccess(
            ClaudeCall call, Response response, InputStream body, Map<String, String> headers) throws IOException {
        return StreamEvent.Error.of(
                        ByteOrderMark.decode(whole(call, response, body, MAX_ERROR_BYTES, MemoryReservation.UNLIMITED)))
                .exception(headers);
    }

    /** Of a creation it is to be known that it was not accepted, before it is sent again. */
    private static AttemptFailure refused(ClaudeCall call, ClaudeException answer) {
        if (answer.status() < 500 || answer.status() == ErrorType.OVERLOADED.status()) {
            call.settle();
        }
        return call.isCreation() && call.isInDoubt() ? new AttemptFailure.Outage(answer) : AttemptFailure.of(answer);
    }

    /** A {@code Retry-After} may be a date, and is then relative to the answer's own. */
    private static Map<String, String> withDate(Map<String, String> headers, Response response) {
        var dated = new TreeMap<>(headers);
        if (response.getHeaderString("date") != null) {
            dated.put("date", response.getHeaderString("date"));
        }
        return dated;
    }

    /**
     * A refusal counts by its status also where its body breaks off, or cannot be decoded: after an early response, a
     * reset may follow it closely. Its body does not use the answer's room: that may be the request's, and the request
     * is still held, because it may be sent again.
     */
    private static String errorBody(ClaudeCall call, Response response) throws IOException {
        try {
            return ByteOrderMark.decode(whole(
                    call,
                    response,
                    response.readEntity(InputStream.class),
                    MAX_ERROR_BYTES,
                    MemoryReservation.UNLIMITED));
        } catch (IOException e) {
            boolean isBroken = response.getStatus() >= 500 && !(e instanceof UndecodableBody);
            if (isBroken || call.isCanceled() || call.responseTimeout().isTimedOut()) {
                throw e;
            }
            return "";
        }
    }

    private static byte[] whole(ClaudeCall call, Response response, InputStream body, int limit, MemoryReservation room)
            throws IOException {
        call.responseTimeout().startWait();
        try (body) {
            int declared = response.getLength();
            byte[] whole = declared > limit ? new byte[0] : WholeBody.read(body, declared, limit, room);
            if (declared > limit || whole.length > limit) {
                throw new IOException("the answer is longer than " + limit + " bytes");
            }
            return whole;
        } finally {
            call.responseTimeout().endWait();
        }
    }

    private EventStream events(
            ClaudeCall call, Response response, ProbedBody body, ProbedBody.Kind kind, Map<String, String> headers) {
        String type = headers.getOrDefault(CONTENT_TYPE, "");
        boolean isDeclared = EVENT_STREAM.matcher(type).matches();
        if (kind != ProbedBody.Kind.EVENTS && !isDeclared || kind == ProbedBody.Kind.JSON) {
            var failure = ClaudeException.of(
                    ErrorKind.BROKEN,
                    ErrorType.API,
                    "Claude answered a streaming request with "
                            + (isDeclared
                                    ? "a JSON object in place of events"
                                    : type.isEmpty() ? "no Content-Type and no events" : type));
            // A message that came in another form was paid for. Anything else, as the page of a proxy, may be gone when
            // a job asks again.
            throw new AttemptFailure.Outage(kind == ProbedBody.Kind.JSON ? failure.withoutRetry() : failure);
        }
        if (!isDeclared) {
            headers.put(CONTENT_TYPE, MediaType.SERVER_SENT_EVENTS);
        }
        var events = new EventStream(body, call, () -> {
            watchdog.forget(call.responseTimeout());
            try {
                response.close();
            } finally {
                call.observation().end(call);
            }
        });
        try {
            events.unread(first(events, withDate(headers, response)));
        } catch (ClaudeException e) {
            throw notBegun(call, e);
        }
        return events;
    }

    /** A stream that broke before its first event. */
    private static AttemptFailure notBegun(ClaudeCall call, ClaudeException failure) {
        if (call.isCanceled()) {
            return new AttemptFailure.Refusal(call.cancellation());
        }
        if (failure.kind() == ErrorKind.CANCELED) {
            return new AttemptFailure.Refusal(failure);
        }
        return call.responseTimeout().isTimedOut() || !failure.mayPass()
                ? new AttemptFailure.Outage(failure)
                : new AttemptFailure.PassingOutage(failure);
    }

    /** Everything up to the first event that says something; the API pings only later, but nothing forbids it. */
    private static List<ServerSentEvent> first(EventStream events, Map<String, String> headers) {
        var first = new ArrayList<ServerSentEvent>();
        while (first.stream().allMatch(event -> event.isNamed("ping"))) {
            List<ServerSentEvent> more = events.read();
            if (more.isEmpty()) {
                throw ClaudeException.of(
                        ErrorKind.BROKEN, ErrorType.API, "Claude's answer ended before its first event");
            }
            first.addAll(more);
        }
        first.stream()
                .filter(event -> !event.isNamed("ping"))
                .findFirst()
                .map(event -> StreamEvent.of(event.name(), event.data()))
                .filter(StreamEvent.Error.class::isInstance)
                .map(StreamEvent.Error.class::cast)
                .ifPresent(error -> {
                    throw AttemptFailure.of(error.exception(headers));
                });
        return first;
    }

    private static AttemptFailure broken(ClaudeCall call, Exception e) {
        if (call.isCanceled()) {
            return new AttemptFailure.Refusal(call.cancellation());
        }
        if (call.responseTimeout().isTimedOut()) {
            return new AttemptFailure.Outage(call.responseTimeout().timeout().withCause(e));
        }
        if (Interruption.isIn(e)) {
            return new AttemptFailure.Refusal(Interruption.failure(e));
        }
        // The whole request was sent and an answer begun: a message may have been paid for.
        return new AttemptFailure.Outage(UndecodableBody.failure(e));
    }

    /** Closing reads on to the end of a body; an answer that nobody wants is cut instead. */
    private void discard(ClaudeCall call, Response response) {
        call.cutAttempt();
        watchdog.forget(call.responseTimeout());
        try {
            response.close();
        } catch (ProcessingException e) {
            // It was cut a moment ago; there is nothing left to close.
        }
    }

    ConnectionPool pool() {
        return pool;
    }

    @Override
    public void close() {
        client.close();
        pool.close();
    }
}
