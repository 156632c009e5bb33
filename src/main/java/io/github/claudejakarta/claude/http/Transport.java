package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ByteOrderMark;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.net.Authority;
import io.github.claudejakarta.net.ProxyFailure;
import io.github.claudejakarta.runtime.FailureText;
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
 * Makes one attempt of a call with the Jersey client. It never retries.
 *
 * <p>An attempt of a stream lasts until its first event. If that is an {@code error} with HTTP 200, it counts like any
 * other error, and can be retried.
 *
 * <p>Safe for use by many threads.
 */
final class Transport implements AutoCloseable {

    /**
     * The maximum size of a message that is not streamed and therefore in memory. Claude's longest messages have a few
     * MB.
     */
    private static final int MAX_MESSAGE_BYTES = 64 << 20;
    /** The maximum size of other answers, such as a page of a list. */
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

    /** @throws AttemptFailure for every failure of the attempt */
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
                // No compression of events: a compressor may wait for more data before it sends an event.
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
            // HttpClient and Jersey do not release the connection after all failures.
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
     * Returns the headers with exactly one credential: the key of the request's options, otherwise the server's key,
     * otherwise the caller's key that {@link ForwardedHeaders} selected.
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
        if (isCausedBy(cause, Error.class)) {
            // A fault of this server, not of Claude: the circuit breaker does not count it.
            LOG.log(Level.SEVERE, "A request to Claude failed with an error of this server", cause);
            return new AttemptFailure.Refusal(ClaudeException.of(
                            ErrorType.API, "This server could not send the request to Claude. Its log has the cause.")
                    .withCause(cause));
        }
        if (isCausedBy(cause, MessageConstraintException.class)) {
            // No retry: the same head would probably arrive again, and a message may have been billed.
            return new AttemptFailure.Outage(ClaudeException.of(
                            ErrorKind.BROKEN,
                            ErrorType.API,
                            "The head of Claude's response exceeds a limit: " + cause.getMessage())
                    .withCause(cause));
        }
        if (isCausedBy(cause, NotImplementedException.class)) {
            // No retry, for the same reason.
            return new AttemptFailure.Outage(ClaudeException.of(
                            ErrorKind.BROKEN, ErrorType.API, "Claude's answer cannot be decoded: " + cause.getMessage())
                    .withoutRetry()
                    .withCause(cause));
        }
        if (cause instanceof ClaudeException failure) {
            // The request body could not be written, for example because its database is not available. This is not a
            // failure of Claude.
            return new AttemptFailure.Refusal(failure);
        }
        if (!(cause instanceof IOException)) {
            LOG.log(Level.WARNING, "The HTTP client failed to send a request to Claude", cause);
            return new AttemptFailure.Outage(ClaudeException.of(
                            ErrorType.API, "This server could not send the request to Claude. Its log has the cause.")
                    .withCause(cause));
        }
        ClaudeException failure = ClaudeException.of(
                        isUnsent(call, cause) ? ErrorKind.UNREACHABLE : ErrorKind.BROKEN,
                        ErrorType.API,
                        failurePrefix(cause)
                                + FailureText.of(cause)
                                + settings.proxy()
                                        .map(proxy -> " (through the proxy " + proxy + ")")
                                        .orElse(""))
                .withCause(cause);
        return call.isCreation() && call.isInDoubt()
                ? new AttemptFailure.Outage(failure)
                : new AttemptFailure.TransientOutage(failure);
    }

    /**
     * Whether Claude received nothing of the request. With TLS 1.3 a server can reject the client's certificate after
     * the client has begun to send.
     */
    private static boolean isUnsent(ClaudeCall call, Throwable cause) {
        return !call.isInDoubt() || isCausedBy(cause, SSLHandshakeException.class);
    }

    /**
     * Returns the failure of an attempt for a failure of the proxy. The circuit breaker does not count a refusal by the
     * proxy, because an open breaker would hide the reason.
     */
    private static AttemptFailure ofProxy(ProxyFailure proxy) {
        ClaudeException failure = ClaudeException.of(ErrorKind.UNREACHABLE, ErrorType.API, proxy.getMessage())
                .withCause(proxy);
        return switch (proxy.kind()) {
            case TRANSIENT -> new AttemptFailure.TransientOutage(failure);
            case BROKEN -> new AttemptFailure.Outage(failure);
            case REFUSED -> new AttemptFailure.Refusal(failure);
        };
    }

    private static boolean isCausedBy(Throwable failure, Class<?> kind) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .limit(MAX_CAUSES)
                .anyMatch(kind::isInstance);
    }

    private static String failurePrefix(Throwable cause) {
        if (cause instanceof UnknownHostException) {
            return "Claude could not be reached: no address was found for the host ";
        }
        return cause instanceof ConnectTimeoutException || cause instanceof HttpHostConnectException
                ? "Claude could not be reached: "
                : "The connection to Claude failed: ";
    }

    private ClaudeAnswer answer(ClaudeCall call, Response response) {
        try {
            Map<String, String> headers = ForwardedHeaders.downstream(response.getStringHeaders());
            call.observation().recordAnswer(response.getStatus(), headers);
            if (response.getStatus() == Response.Status.PROXY_AUTHENTICATION_REQUIRED.getStatusCode()
                    && pool.proxy().isPresent()
                    && "http".equals(settings.baseUri().getScheme())) {
                // Only a proxy sends this status, and it has not forwarded the request. Within a tunnel it would be the
                // target's own answer.
                call.clearDoubt();
                throw ofProxy(pool.proxy().get().unauthorized());
            }
            if (isUnexpected(response.getStatus())) {
                throw unexpected(call, response);
            }
            if (response.getStatus() >= 400) {
                throw rejected(
                        call,
                        ClaudeException.ofAnswer(
                                response.getStatus(), withDate(headers, response), errorBody(call, response)));
            }
            var body = new ProbedBody(response.readEntity(InputStream.class), call.responseTimeout()::startWait);
            ProbedBody.Kind kind =
                    hasExpectedContent(call, response, headers) ? ProbedBody.Kind.OTHER : kind(call, body);
            if (kind == ProbedBody.Kind.ERROR) {
                throw rejected(call, errorUnderSuccess(call, response, body, withDate(headers, response)));
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
                    // Nothing is sent again from here on, so the answer may use the memory of the request.
                    call.releaseBody();
                    byte[] whole = readWhole(
                            call,
                            response,
                            body,
                            call.request().kind().isMessage() ? MAX_MESSAGE_BYTES : MAX_OTHER_BYTES,
                            call.answerMemory());
                    call.clearDoubt();
                    response.close();
                    if (call.request().kind().isMessage()) {
                        call.observation().recordMessage(whole);
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

    /**
     * Returns the failure for a status that is neither an answer nor an error. A retry would fail too, until the
     * configuration is corrected.
     */
    private static AttemptFailure unexpected(ClaudeCall call, Response response) {
        int status = response.getStatus();
        if (status < 400) {
            call.clearDoubt();
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

    /**
     * Returns the target of a redirect: scheme, host and port only, because a path or query may contain credentials.
     */
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
     * Whether the head announces a download of lines. Then the body is not inspected, so that nothing waits for its
     * first byte. The reader has to detect an error among the lines.
     */
    private static boolean hasExpectedContent(ClaudeCall call, Response response, Map<String, String> headers) {
        return call.form() == Endpoint.Form.CONTENT
                && headers.getOrDefault(CONTENT_TYPE, "").startsWith(JSON_LINES)
                && response.getHeaderString("content-encoding") == null;
    }

    /**
     * Returns the kind of the body, independent of its head. If the body of a stream breaks off meanwhile, the stream
     * counts as not begun.
     */
    private static ProbedBody.Kind kind(ClaudeCall call, ProbedBody body) {
        call.responseTimeout().startWait();
        try {
            return body.kind();
        } catch (IOException | IllegalStateException e) {
            AttemptFailure failure = broken(call, e);
            throw call.form() == Endpoint.Form.EVENTS ? failureBeforeFirstEvent(call, failure.failure()) : failure;
        } finally {
            call.responseTimeout().endWait();
        }
    }

    /** Returns the error in an answer whose status is a success. Only its type describes the error. */
    private static ClaudeException errorUnderSuccess(
            ClaudeCall call, Response response, InputStream body, Map<String, String> headers) throws IOException {
        return StreamEvent.Error.of(ByteOrderMark.decode(
                        readWhole(call, response, body, MAX_ERROR_BYTES, MemoryReservation.UNLIMITED)))
                .exception(headers);
    }

    /**
     * Returns the failure for an answer with an error. A creation is retried only if Claude has certainly not accepted
     * it.
     */
    private static AttemptFailure rejected(ClaudeCall call, ClaudeException answer) {
        if (answer.status() < 500 || answer.status() == ErrorType.OVERLOADED.status()) {
            call.clearDoubt();
        }
        return call.isCreation() && call.isInDoubt() ? new AttemptFailure.Outage(answer) : AttemptFailure.of(answer);
    }

    /** Adds the date of the answer: a {@code Retry-After} that is a date is relative to it. */
    private static Map<String, String> withDate(Map<String, String> headers, Response response) {
        var dated = new TreeMap<>(headers);
        if (response.getHeaderString("date") != null) {
            dated.put("date", response.getHeaderString("date"));
        }
        return dated;
    }

    /**
     * Returns the body of an answer with an error. If the body breaks off or cannot be decoded, the status counts
     * alone: a reset may follow an early response closely. The body does not use the memory reservation of the answer,
     * because the request is still in memory and may be sent again.
     */
    private static String errorBody(ClaudeCall call, Response response) throws IOException {
        try {
            return ByteOrderMark.decode(readWhole(
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

    private static byte[] readWhole(
            ClaudeCall call, Response response, InputStream body, int limit, MemoryReservation memory)
            throws IOException {
        call.responseTimeout().startWait();
        try (body) {
            int declared = response.getLength();
            byte[] whole = declared > limit ? new byte[0] : WholeBody.read(body, declared, limit, memory);
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
                                    ? "a JSON object instead of events"
                                    : type.isEmpty() ? "no Content-Type and no events" : type));
            // A message in another form was billed. Anything else, such as the page of a proxy, may be gone when a job
            // retries.
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
            events.unread(readFirst(events, withDate(headers, response)));
        } catch (ClaudeException e) {
            throw failureBeforeFirstEvent(call, e);
        }
        return events;
    }

    /** Returns the failure of a stream that broke before its first event. */
    private static AttemptFailure failureBeforeFirstEvent(ClaudeCall call, ClaudeException failure) {
        if (call.isCanceled()) {
            return new AttemptFailure.Refusal(call.cancellation());
        }
        if (failure.kind() == ErrorKind.CANCELED) {
            return new AttemptFailure.Refusal(failure);
        }
        return call.responseTimeout().isTimedOut() || !failure.isRetryable()
                ? new AttemptFailure.Outage(failure)
                : new AttemptFailure.TransientOutage(failure);
    }

    /** Returns all events up to the first one that is not a ping. */
    private static List<ServerSentEvent> readFirst(EventStream events, Map<String, String> headers) {
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
        // The whole request was sent and the answer has begun: a message may have been billed.
        return new AttemptFailure.Outage(UndecodableBody.failure(e));
    }

    /** Cuts an answer that is not needed. Closing it would read the body to its end. */
    private void discard(ClaudeCall call, Response response) {
        call.cutAttempt();
        watchdog.forget(call.responseTimeout());
        try {
            response.close();
        } catch (ProcessingException e) {
            // The connection is already cut; nothing is left to close.
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
