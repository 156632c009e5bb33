package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.CountedFields;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.Model;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.RequestQuota;
import io.github.claudejakarta.web.Shutdown;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.json.JsonObject;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Streams Claude's messages into applications and to their clients.
 *
 * <pre>{@code
 * @Inject ClaudeStreamingBean claude;
 *
 * ClaudeStream stream = claude.stream(MessageRequest.of("claude-opus-5-5", 1024, "Write a haiku about code."));
 * stream.text().forEach(out::print);
 * }</pre>
 *
 * <p>Safe for use by many threads. Streams run on their own threads and continue after the request that started them.
 */
@PublicApi
@ApplicationScoped
public class ClaudeStreamingBean {

    private Streams streams;
    private MessageDefaults defaults;
    private RequestQuota quota;
    private WorkerThreads threads;
    private UnstreamedCalls calls;

    /** For the container's proxy. */
    ClaudeStreamingBean() {}

    @Inject
    ClaudeStreamingBean(
            Streams streams,
            ClaudeClient client,
            MessageDefaults defaults,
            RequestQuota quota,
            WorkerThreads threads,
            MemoryBudget memory,
            Watchdog watchdog) {
        this.streams = streams;
        this.defaults = defaults;
        this.quota = quota;
        this.threads = threads;
        this.calls = new UnstreamedCalls(client, memory, watchdog);
    }

    @Inject
    void stopWith(Shutdown shutdown) {
        shutdown.on(Shutdown.Step.END_REQUESTS, this::stop);
        if (shutdown.hasBegun()) {
            // An application may first use this bean during the shutdown.
            stop();
        }
    }

    @PreDestroy
    void stop() {
        calls.stop(Shutdown.refusal());
    }

    /**
     * Starts a stream and returns immediately, with the options {@link RequestOptions#none()}.
     *
     * @throws ClaudeException as {@link #stream(MessageRequest, RequestOptions)}
     */
    public ClaudeStream stream(MessageRequest request) {
        return stream(request, RequestOptions.none());
    }

    /**
     * Starts a stream and returns immediately. The stream runs to its end, with or without readers. If Claude rejects
     * the request, the stream ends with an {@code error} event. If the answer breaks off, the recovery mode of the
     * options or {@code claude.stream.recovery} applies.
     *
     * @throws ClaudeException {@code invalid_request_error} if the request has no model or no {@code max_tokens} and
     *     there is no default ({@code claude.default-model}, {@code claude.default-max-tokens});
     *     {@code rate_limit_error} if the caller of the options has reached a limit; {@code overloaded_error} if no
     *     memory or thread is left for another stream
     */
    public ClaudeStream stream(MessageRequest request, RequestOptions options) {
        MessageRequest complete = defaults.complete(request);
        ClaudeRequest streamed = ClaudeRequest.stream(
                        body(complete.withStream(true).json()))
                .withModel(complete.model())
                .with(options);
        quota.admit(streamed.caller(), true);
        return streams.start(streamed);
    }

    /**
     * Sends a request and waits for the whole answer, with the options {@link RequestOptions#none()}.
     *
     * @throws ClaudeException as {@link #send(MessageRequest, RequestOptions)}
     */
    public Message send(MessageRequest request) {
        return send(request, RequestOptions.none());
    }

    /**
     * Sends a request and waits for the whole answer. {@code claude.request-timeout} limits the wait for each attempt,
     * and the options limit the total. Use {@link #sendAsync} for a call that can be canceled.
     *
     * @throws ClaudeException if the request fails, at Claude, on the connection, or because of a limit of this
     *     application. {@code invalid_request_error} if the request has no model or no {@code max_tokens} and there is
     *     no default
     */
    public Message send(MessageRequest request, RequestOptions options) {
        return calls.message(admitted(request, options));
    }

    /**
     * Sends a request on a thread of the server, with the options {@link RequestOptions#none()}.
     *
     * @see #sendAsync(MessageRequest, RequestOptions)
     */
    public CompletionStage<Message> sendAsync(MessageRequest request) {
        return sendAsync(request, RequestOptions.none());
    }

    /**
     * Sends a request on a thread of the server, and returns immediately.
     *
     * <pre>{@code
     * claude.sendAsync(request).whenComplete((message, failure) -> ...);
     * }</pre>
     *
     * <p>The stage itself is completed with the {@link ClaudeException}, not with a wrapper. Dependent stages get it as
     * the cause of a {@link java.util.concurrent.CompletionException}, as usual in Java.
     *
     * <p>{@code stage.toCompletableFuture()} is the same object. Canceling it, or completing it by {@code orTimeout},
     * cancels the request to Claude. Canceling a dependent stage does not.
     *
     * <p>Functions without their own thread ({@code thenApply}) run on the thread that received the answer. It is a
     * managed thread: naming ({@code java:comp}) and class loader are the application's, and the current trace
     * continues. It has no transaction, no request scope and no security context of the caller.
     *
     * @return completed with the message, or with the exception that {@link #send} would throw, also if this
     *     application rejects the request
     */
    public CompletionStage<Message> sendAsync(MessageRequest request, RequestOptions options) {
        try {
            return calls.message(admitted(request, options), threads);
        } catch (ClaudeException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    private ClaudeRequest admitted(MessageRequest request, RequestOptions options) {
        MessageRequest complete = defaults.complete(request);
        ClaudeRequest whole = ClaudeRequest.message(
                        body(complete.withStream(false).json()))
                .withModel(complete.model())
                .with(options);
        quota.admit(whole.caller(), true);
        return whole;
    }

    private static RequestBody body(JsonObject json) {
        return RequestBody.of(JsonText.bytes(json));
    }

    /**
     * Counts the input tokens of a request, with the options {@link RequestOptions#none()}.
     *
     * @throws ClaudeException as {@link #countTokens(MessageRequest, RequestOptions)}
     */
    public long countTokens(MessageRequest request) {
        return countTokens(request, RequestOptions.none());
    }

    /**
     * Counts the input tokens of a request. Claude does this without charge, and creates no message. Fields that do not
     * affect the result, such as {@code max_tokens}, are not sent.
     *
     * @throws ClaudeException as {@link #send}, but {@code max_tokens} is optional
     */
    public long countTokens(MessageRequest request, RequestOptions options) {
        MessageRequest named = defaults.withModel(request);
        ClaudeRequest counted = ClaudeRequest.countTokens(body(CountedFields.of(named)))
                .withModel(named.model())
                .with(options);
        quota.admit(counted.caller(), false);
        return calls.tokens(counted);
    }

    /**
     * Returns all models that the key can use, newest first. Each call sends requests to Claude.
     *
     * @throws ClaudeException if Claude does not answer
     */
    public List<Model> models() {
        return models(RequestOptions.none());
    }

    /**
     * Returns all models that a key can use, newest first, with options, for example another key. A time limit applies
     * to all pages together.
     *
     * @throws ClaudeException if Claude does not answer, or its answer is not a list of models
     */
    public List<Model> models(RequestOptions options) {
        return calls.models(options);
    }

    /** Returns a stream that runs or is stored; empty after its retention. */
    public Optional<ClaudeStream> find(String id) {
        return streams.find(id);
    }

    /** Returns all streams that run or are stored, newest first. */
    public List<ClaudeStream> streams() {
        return streams.list();
    }

    /**
     * Writes a stream to a JAX-RS sink, from the beginning or from the client's last event, on its own thread. Returns
     * immediately. The sink is closed after the terminal event, or when the client has left.
     *
     * @param id the id of the stream. The application must have checked that the caller may see it
     * @param lastEventId the {@code Last-Event-ID} of the request; null or blank without one
     * @throws ClaudeException {@code not_found_error} for an id that is not stored, {@code invalid_request_error} for
     *     an event id that is not a sequence number or that does not exist yet, {@code overloaded_error} if the limit
     *     of clients is reached
     * @throws WebApplicationException 204 if the stream has ended and the client has received all of it. An
     *     {@code EventSource} would reconnect forever, and stops at 204
     */
    public void broadcast(String id, String lastEventId, SseEventSink sink, Sse sse) {
        broadcast(id, lastEventId, sink, sse, Broadcast.events());
    }

    /**
     * Writes a stream to a JAX-RS sink in the form of a {@link Broadcast}, from the beginning or from the client's last
     * event, on its own thread. Returns immediately. The sink is closed after the last event, or when the client has
     * left.
     *
     * <pre>{@code
     * @GET
     * @Path("{id}")
     * @Produces(MediaType.SERVER_SENT_EVENTS)
     * public void watch(
     *         @PathParam("id") String id,
     *         @HeaderParam("Last-Event-ID") String last,
     *         @Context HttpServletResponse response,
     *         @Context SseEventSink sink,
     *         @Context Sse sse) {
     *     Broadcast.HEADERS.forEach(response::setHeader);
     *     claude.broadcast(id, last, sink, sse, Broadcast.text());
     * }
     * }</pre>
     *
     * @param id the id of the stream. The application must have checked that the caller may see it
     * @param lastEventId the {@code Last-Event-ID} of the request; null or blank without one
     * @throws ClaudeException {@code not_found_error} for an id that is not stored, {@code invalid_request_error} for
     *     an event id that is not a sequence number or that does not exist yet, {@code overloaded_error} if the limit
     *     of clients is reached
     * @throws WebApplicationException 204 if the stream has ended and the client has received all of it
     *     ({@link Broadcast#hasEventsAfter}). An {@code EventSource} would reconnect forever, and stops at 204
     */
    public void broadcast(String id, String lastEventId, SseEventSink sink, Sse sse, Broadcast broadcast) {
        ClaudeStream stream = find(id).orElseThrow(() -> Streams.noSuchStream(id));
        int from = broadcast.from(stream, lastEventId);
        if (!broadcast.hasEventsFrom(stream, from)) {
            throw new WebApplicationException(Response.noContent().build());
        }
        SinkOutput.Task task = SinkOutput.join(streams, stream, from, broadcast, sink, sse, ClientConnection.UNKNOWN);
        broadcast.unwatched().ifPresent(grace -> streams.cancelWhenUnwatched(stream, grace));
        try {
            threads.execute(task);
        } catch (RuntimeException | Error e) {
            task.leave();
            throw e;
        }
    }
}
