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
 * <p>Safe for use by many threads. Streams run on threads of their own and outlive the request that started them.
 */
@PublicApi
@ApplicationScoped
public class ClaudeStreamingBean {

    private Streams streams;
    private MessageDefaults defaults;
    private RequestQuota quota;
    private WorkerThreads threads;
    private UnstreamedCalls answers;

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
        this.answers = new UnstreamedCalls(client, memory, watchdog);
    }

    @Inject
    void stopWith(Shutdown shutdown) {
        shutdown.on(Shutdown.Step.END_REQUESTS, this::stop);
        if (shutdown.hasBegun()) {
            // An application may use this bean for the first time then.
            stop();
        }
    }

    @PreDestroy
    void stop() {
        answers.stop(Shutdown.refusal());
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
     * Starts a stream and returns immediately. The stream runs to its end whether somebody reads it or not. What Claude
     * refuses is the stream's {@code error} event. An answer that breaks off is treated as the options say, or
     * {@code claude.stream.recovery}.
     *
     * @throws ClaudeException {@code invalid_request_error} if the request names no model or no {@code max_tokens} and
     *     there is no default ({@code claude.default-model}, {@code claude.default-max-tokens});
     *     {@code rate_limit_error} if the caller of the options has reached a limit; {@code overloaded_error} if there
     *     is no memory or thread for another stream
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
     * Sends a request and waits for the whole answer. The wait is limited by {@code claude.request-timeout} for each
     * attempt, and by the options for all of them. Use {@link #sendAsync} for a call that can be canceled.
     *
     * @throws ClaudeException if there is no answer: what Claude, the connection, or a limit of this application says.
     *     {@code invalid_request_error} if the request names no model or no {@code max_tokens} and there is no default
     */
    public Message send(MessageRequest request, RequestOptions options) {
        return answers.message(admitted(request, options));
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
     * <p>The stage itself is completed with the {@link ClaudeException}, not with a wrapper. As always in Java, stages
     * that depend on it get it as the cause of a {@link java.util.concurrent.CompletionException}.
     *
     * <p>{@code stage.toCompletableFuture()} is the same object. To cancel it, or to complete it by {@code orTimeout},
     * cancels the request to Claude. Canceling a dependent stage does not.
     *
     * <p>Functions without a thread of their own ({@code thenApply}) run on the thread that received the answer. That
     * is a managed thread: naming ({@code java:comp}) and class loader are the application's, and the current trace
     * continues. It has no transaction, no request scope and no security context of the caller.
     *
     * @return completed with the message; or with what {@link #send} throws, also where the request is refused here
     */
    public CompletionStage<Message> sendAsync(MessageRequest request, RequestOptions options) {
        try {
            return answers.message(admitted(request, options), threads);
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
     * Counts the input tokens of a request. Claude does it without charge, and answers no message. Fields that do not
     * matter for it, such as {@code max_tokens}, are not sent.
     *
     * @throws ClaudeException as {@link #send}; a request without {@code max_tokens} is counted
     */
    public long countTokens(MessageRequest request, RequestOptions options) {
        MessageRequest named = defaults.withModel(request);
        ClaudeRequest counted = ClaudeRequest.countTokens(body(CountedFields.of(named)))
                .withModel(named.model())
                .with(options);
        quota.admit(counted.caller(), false);
        return answers.tokens(counted);
    }

    /**
     * Returns the models that the key can use, all pages, newest first. Each call asks Claude.
     *
     * @throws ClaudeException if Claude does not answer
     */
    public List<Model> models() {
        return models(RequestOptions.none());
    }

    /**
     * Returns the models like {@link #models()}, with options: for example those of another key. A time limit applies
     * to all pages together.
     *
     * @throws ClaudeException if Claude does not answer, or answers with something else than a list of models
     */
    public List<Model> models(RequestOptions options) {
        return answers.models(options);
    }

    /** A stream that runs or is kept; empty once its retention is over. */
    public Optional<ClaudeStream> find(String id) {
        return streams.find(id);
    }

    /** All streams that run or are kept, newest first. */
    public List<ClaudeStream> streams() {
        return streams.list();
    }

    /**
     * Writes a stream into a JAX-RS sink, from the beginning or from where the client was, on a thread of its own;
     * returns immediately. The sink is closed after the terminal event, or when the client has left.
     *
     * @param id of the stream; whether the caller may see it has been checked
     * @param lastEventId the {@code Last-Event-ID} of the request; null or blank for none
     * @throws ClaudeException {@code not_found_error} for an id that is not kept, {@code invalid_request_error} for an
     *     event id that is no sequence number or that the stream has not had, {@code overloaded_error} where no more
     *     clients fit
     * @throws WebApplicationException 204 where the stream has ended and the client has had all of it. An
     *     {@code EventSource} would reconnect for ever, and stops at 204
     */
    public void broadcast(String id, String lastEventId, SseEventSink sink, Sse sse) {
        broadcast(id, lastEventId, sink, sse, Broadcast.events());
    }

    /**
     * Writes a stream into a JAX-RS sink in the form of a {@link Broadcast}, from the beginning or from where the
     * client was, on a thread of its own; returns immediately. The sink is closed after the last event, or when the
     * client has left.
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
     * @param id of the stream; whether the caller may see it has been checked
     * @param lastEventId the {@code Last-Event-ID} of the request; null or blank for none
     * @throws ClaudeException {@code not_found_error} for an id that is not kept, {@code invalid_request_error} for an
     *     event id that is no sequence number or that the stream has not had, {@code overloaded_error} where no more
     *     clients fit
     * @throws WebApplicationException 204 where the stream has ended and the client has had all of it
     *     ({@link Broadcast#hasEventsAfter}). An {@code EventSource} would reconnect for ever, and stops at 204
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
