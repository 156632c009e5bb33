package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.BodyRoom;
import io.github.claudejakarta.web.Shutdown;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import java.util.Optional;

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
@ApplicationScoped
public class ClaudeStreamingBean {

    private Streams streams;
    private RecoverySettings recovery;
    private WorkerThreads threads;
    private MemoryBudget memory;
    private PendingCalls pending;

    /** For the container's proxy. */
    protected ClaudeStreamingBean() {}

    @Inject
    public ClaudeStreamingBean(
            Streams streams,
            ClaudeClient client,
            RecoverySettings recovery,
            WorkerThreads threads,
            MemoryBudget memory) {
        this.streams = streams;
        this.recovery = recovery;
        this.threads = threads;
        this.memory = memory;
        this.pending = new PendingCalls(client);
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
        pending.stop(Shutdown.refusal());
    }

    /**
     * Starts a stream and returns at once. What Claude refuses shows in the stream, as its {@code error} event; the
     * stream runs to its end whether somebody reads it or not. An answer that breaks off is treated as
     * {@code claude.stream.recovery} says.
     *
     * @throws ClaudeException {@code overloaded_error} where no more streams fit
     */
    public ClaudeStream stream(MessageRequest request) {
        return stream(request, recovery.ofStreams());
    }

    /**
     * Starts a stream like {@link #stream(MessageRequest)}.
     *
     * @param ifBroken what becomes of an answer that breaks off, whatever is configured
     * @throws ClaudeException {@code overloaded_error} where no more streams fit
     */
    public ClaudeStream stream(MessageRequest request, RecoveryMode ifBroken) {
        return streams.start(ClaudeRequest.stream(body(request.withStream(true)))
                .withModel(request.model())
                .withRecovery(ifBroken));
    }

    /**
     * Asks without streaming, and waits for the answer.
     *
     * @throws ClaudeException if there is none
     */
    public Message send(MessageRequest request) {
        try (var room = new BodyRoom(memory)) {
            ClaudeAnswer.Whole answer = pending.answer(new ClaudeCall(
                            ClaudeRequest.message(body(request.withStream(false)))
                                    .withModel(request.model()),
                            room.patient()))
                    .asWhole();
            Message message = Message.parse(answer.text());
            if (!message.json().getString("type", "").equals("message")) {
                throw ClaudeException.ofAnswer(ErrorType.API.status(), answer.headers(), answer.text());
            }
            return message;
        } catch (IllegalArgumentException e) {
            throw ClaudeException.of(ErrorType.API, "Claude's answer is not a JSON object")
                    .withCause(e);
        }
    }

    private static RequestBody body(MessageRequest request) {
        return RequestBody.of(JsonText.bytes(request.json()));
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
     * returns at once. The sink is closed after the terminal event, or when the client has left.
     *
     * @param id of the stream; whether the caller may see it has been checked
     * @param lastEventId the {@code Last-Event-ID} of the request, or null
     * @throws ClaudeException {@code not_found_error} for an id that is not kept, {@code invalid_request_error} for an
     *     event id that the stream has not had, {@code overloaded_error} where no more clients fit
     */
    public void broadcast(String id, String lastEventId, SseEventSink sink, Sse sse) {
        ClaudeStream stream = find(id).orElseThrow(() -> Streams.noSuchStream(id));
        int from = LastEventId.of(lastEventId, null).next(stream);
        threads.execute(() -> SinkOutput.serve(streams, stream, from, sink, sse, ClientConnection.UNKNOWN));
    }
}
