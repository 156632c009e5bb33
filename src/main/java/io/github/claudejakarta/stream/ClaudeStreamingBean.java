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
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.BodyRoom;
import io.github.claudejakarta.web.Shutdown;
import io.github.claudejakarta.web.StreamQuota;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Inject;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

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

    private static final Logger LOG = Logger.getLogger(ClaudeStreamingBean.class.getName());
    /** To ask whether somebody observes the ends of streams: telling costs as much as relaying a dozen events. */
    private static final StreamEnded PROBE =
            new StreamEnded("", StreamStatus.COMPLETED, Optional.empty(), Duration.ZERO);

    private ClaudeClient client;
    private StreamSettings settings;
    private RecoverySettings recovery;
    private WorkerThreads threads;
    private Watchdog watchdog;
    private StreamQuota quota;
    private MemoryBudget memory;
    private Event<StreamEnded> ended;
    private StreamStore store;
    private boolean isObserved = true;
    private final LongAdder relayed = new LongAdder();
    /** Calls whose answer is not a stream yet, or never will be. */
    private final Set<ClaudeCall> asked = ConcurrentHashMap.newKeySet();
    /** Set when the server shuts down: from then on nothing is begun. */
    private volatile ClaudeException stopped;

    /** For the container's proxy. */
    protected ClaudeStreamingBean() {}

    @Inject
    public ClaudeStreamingBean(
            ClaudeClient client,
            StreamSettings settings,
            RecoverySettings recovery,
            WorkerThreads threads,
            Watchdog watchdog,
            StreamQuota quota,
            MemoryBudget memory,
            Clock clock,
            Event<StreamEnded> ended) {
        this.client = client;
        this.settings = settings;
        this.recovery = recovery;
        this.threads = threads;
        this.watchdog = watchdog;
        this.quota = quota;
        this.memory = memory;
        this.ended = ended;
        this.store = new StreamStore(settings, clock, this::tell);
        watchdog.watch(store);
    }

    @Inject
    void askWhoObserves(BeanManager beans) {
        isObserved = !beans.resolveObserverMethods(PROBE).isEmpty();
    }

    @Inject
    void stopWith(Shutdown shutdown) {
        shutdown.on(Shutdown.Step.END_REQUESTS, () -> stop(Shutdown.refusal()));
        shutdown.on(Shutdown.Step.CUT_CLIENTS, () -> store.newestFirst().forEach(ClaudeStream::cutOff));
    }

    /** Ends all streams, and all calls that wait for their answer, with this error. Returns immediately. */
    void stop(ClaudeException why) {
        stopped = why;
        asked.forEach(call -> call.cancel(why));
        store.newestFirst().forEach(stream -> stream.stop(why));
    }

    /** To be called once the call or the stream can be found by {@link #stop}, so that none escapes it. */
    private void endIfStopped(Consumer<ClaudeException> end) {
        ClaudeException why = stopped;
        if (why != null) {
            end.accept(why);
        }
    }

    /** Waits for the answer of a call, or the first event of its stream. */
    private ClaudeAnswer answer(ClaudeCall call) {
        asked.add(call);
        try {
            endIfStopped(call::cancel);
            return client.call(call);
        } finally {
            asked.remove(call);
        }
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
        return start(ClaudeRequest.stream(body(request.withStream(true)))
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
            ClaudeAnswer answer = answer(new ClaudeCall(
                    ClaudeRequest.message(body(request.withStream(false))).withModel(request.model()), room.patient()));
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
        return store.find(id);
    }

    /** All streams that run or are kept, newest first. */
    public List<ClaudeStream> streams() {
        return store.newestFirst();
    }

    /** How many there are of what. */
    public StreamCounts counts() {
        List<ClaudeStream> all = store.newestFirst();
        return new StreamCounts(
                (int) all.stream().filter(stream -> stream.endedAt().isEmpty()).count(),
                all.stream().mapToInt(ClaudeStream::subscribers).sum(),
                relayed.sum());
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
        ClaudeStream stream = find(id).orElseThrow(() -> noSuchStream(id));
        broadcast(stream, LastEventId.of(lastEventId, null).next(stream), sink, sse, ClientConnection.UNKNOWN);
    }

    void broadcast(ClaudeStream stream, int from, SseEventSink sink, Sse sse, ClientConnection connection) {
        threads.execute(() -> {
            try (sink) {
                watch(stream, from, new SinkOutput(sink, sse), connection);
            } catch (IOException | RuntimeException e) {
                LOG.log(Level.FINE, "A client left " + stream.id(), e);
            }
            stream.compactIfEnded();
        });
    }

    static ClaudeException noSuchStream(String id) {
        return ClaudeException.of(ErrorType.NOT_FOUND, "There is no stream " + id);
    }

    /**
     * Starts a stream that runs to its end without clients, and returns at once.
     *
     * @param request for a message as events. Its caller is the one who may see the stream; an answer that breaks off
     *     is treated as it says, or as {@code claude.stream.recovery} says if it says nothing
     * @throws ClaudeException {@code overloaded_error} where no more streams fit, {@code rate_limit_error} where the
     *     caller has as many as it may
     */
    public ClaudeStream start(ClaudeRequest request) {
        var call = new ClaudeCall(request);
        ClaudeStream stream = begin(call, quota.take(request.caller()));
        try {
            threads.execute(() -> carry(stream, call));
        } catch (ClaudeException e) {
            stream.fail(e);
            throw e;
        }
        return stream;
    }

    /**
     * Makes a stream that can be watched, and sends nothing yet: {@link #carry} does, or {@link ClaudeStream#cancel}
     * ends it.
     *
     * @param call of a request for a message as events. Its caller is the one who may see the stream; an answer that
     *     breaks off is treated as the request says, or as {@code claude.stream.recovery} says if it says nothing
     * @throws ClaudeException {@code overloaded_error} where no more streams fit
     */
    public ClaudeStream begin(ClaudeCall call) {
        return begin(call, () -> {});
    }

    private ClaudeStream begin(ClaudeCall call, Runnable over) {
        try {
            endIfStopped(why -> {
                throw why;
            });
            store.requireRoom();
            ClaudeStream stream = store.add(call, recoveryOf(call), true, over);
            endIfStopped(stream::stop);
            return stream;
        } catch (RuntimeException | Error e) {
            over.run();
            throw e;
        }
    }

    /** Asks Claude, and carries the stream to its end, on the calling thread. What fails shows in the stream. */
    public void carry(ClaudeStream stream, ClaudeCall call) {
        try {
            stream.readFrom(upstream(stream, call, client.call(call)));
            BlockingReader reader = stream.readerFrom(0);
            while (!reader.next().isEmpty()) {
                // nothing to do with them: the log has them
            }
        } catch (ClaudeException e) {
            stream.fail(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stream.stop(Shutdown.refusal());
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "Stream " + stream.id() + " failed", e);
            stream.fail(ClaudeException.of(ErrorType.API, "The stream failed"));
        } finally {
            stream.compactIfEnded();
        }
    }

    /**
     * Starts a stream for one client, and waits until it has begun: what fails before is thrown. It is called off when
     * its last client leaves.
     *
     * @param call of a request for a message as events. Its caller is the one who may see the stream; an answer that
     *     breaks off is treated as the request says, or as {@code claude.stream.recovery} says if it says nothing
     * @throws ClaudeException whatever Claude refused, after retries; {@code overloaded_error} where no more streams
     *     fit, {@code rate_limit_error} where the caller has as many as it may
     */
    public OpenedStream open(ClaudeCall call) {
        Runnable over = quota.take(call.request().caller());
        ClaudeAnswer answer;
        try {
            store.requireRoom();
            answer = answer(call);
        } catch (RuntimeException | Error e) {
            over.run();
            throw e;
        }
        ClaudeStream stream = store.add(call, recoveryOf(call), false, over);
        stream.readFrom(upstream(stream, call, answer));
        endIfStopped(stream::stop);
        return new OpenedStream(stream, answer.headers());
    }

    private RecoveryMode recoveryOf(ClaudeCall call) {
        return call.request().recovery().orElse(recovery.ofStreams());
    }

    private EventSource upstream(ClaudeStream stream, ClaudeCall call, ClaudeAnswer answer) {
        var events = new UpstreamEvents(call, answer.events(), stream::broken);
        if (stream.recovery() == RecoveryMode.CONTINUE) {
            return new ContinuedEvents(stream, call, events, client, recovery, memory);
        }
        // Claude has begun to answer, so the request is not sent again.
        call.forgetBody();
        return events;
    }

    /**
     * Writes a stream from its beginning as Claude wrote it, byte for byte, on the calling thread, until it ends.
     *
     * @param connection is closed if the client takes nothing for too long
     * @throws IOException if the client left
     */
    public void relay(ClaudeStream stream, OutputStream out, ClientConnection connection) throws IOException {
        watch(stream, 0, new VerbatimOutput(committed(out)), connection);
    }

    /** @param ifLeft is given what to run if the client is found to have left; that does not block */
    void relayText(
            ClaudeStream stream, int from, OutputStream out, ClientConnection connection, Consumer<Runnable> ifLeft)
            throws IOException {
        watch(
                stream,
                from,
                new TextOutput(committed(out), leave -> ifLeft.accept(() -> threads.aside(leave))),
                connection);
    }

    /**
     * RESTEasy's first flush commits the response and sends nothing: without one more, the first event would wait for
     * the next.
     */
    private static OutputStream committed(OutputStream out) throws IOException {
        out.flush();
        return out;
    }

    /**
     * Writes a stream to a client of any kind, on the calling thread, until it ends.
     *
     * @param from the sequence number of the first event
     * @param connection closed if the client takes nothing for too long
     * @throws IOException if the client left before
     */
    public void watch(ClaudeStream stream, int from, StreamOutput output, ClientConnection connection)
            throws IOException {
        var subscription = new Subscription(stream, from, output, connection::cut, settings, threads::aside, watchdog);
        try {
            subscription.run();
        } finally {
            relayed.add(subscription.written());
        }
    }

    private void tell(ClaudeStream stream) {
        if (isObserved) {
            try {
                ended.fire(new StreamEnded(
                        stream.id(),
                        stream.status(),
                        stream.frame().map(Message::usage),
                        Duration.between(stream.createdAt(), stream.endedAt().orElseThrow())));
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "An observer of the end of " + stream.id() + " failed", e);
            }
        }
    }

    @PreDestroy
    void close() {
        watchdog.forget(store);
        stop(Shutdown.refusal());
        threads.close();
    }
}
