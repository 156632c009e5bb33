package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.Deadline;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.Internal;
import io.github.claudejakarta.web.Observers;
import io.github.claudejakarta.web.Shutdown;
import io.github.claudejakarta.web.StreamQuota;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.inject.spi.ObserverMethod;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The streams of this server, on its own threads and in its own memory. */
@ApplicationScoped
public class LocalStreams implements Streams {

    private static final Logger LOG = Logger.getLogger(LocalStreams.class.getName());
    /**
     * An example event, with which to find observers. Firing an event costs as much as relaying a dozen stream events.
     */
    private static final StreamEnded PROBE = new StreamEnded(
            "",
            StreamStatus.COMPLETED,
            Optional.empty(),
            Duration.ZERO,
            Optional.empty(),
            Optional.empty(),
            "",
            Optional.empty());

    private ClaudeClient client;
    private StreamSettings settings;
    private RecoverySettings recovery;
    private WorkerThreads threads;
    private Watchdog watchdog;
    private StreamQuota quota;
    private MemoryBudget memory;
    private Observers<StreamEnded> ended;
    private StreamStore store;
    private UnansweredCalls pending;
    private boolean isObserved = true;
    private boolean isObservedAsync;
    private final LongAdder relayed = new LongAdder();
    /** Set when the server shuts down. From then on no stream starts. */
    private volatile ClaudeException stopped;

    /** For the container's proxy. */
    protected LocalStreams() {}

    @Inject
    public LocalStreams(
            ClaudeClient client,
            StreamSettings settings,
            RecoverySettings recovery,
            WorkerThreads threads,
            Watchdog watchdog,
            StreamQuota quota,
            MemoryBudget memory,
            @Internal Clock clock,
            Event<StreamEnded> ended) {
        this.client = client;
        this.settings = settings;
        this.recovery = recovery;
        this.threads = threads;
        this.watchdog = watchdog;
        this.quota = quota;
        this.memory = memory;
        this.ended = new Observers<>(ended);
        this.store = new StreamStore(settings, clock, this::fireEnded);
        this.pending = new UnansweredCalls(client);
        watchdog.watch(store);
    }

    @Inject
    void findObservers(BeanManager beans) {
        var observers = beans.resolveObserverMethods(PROBE);
        isObserved = observers.stream().anyMatch(one -> !one.isAsync());
        isObservedAsync = observers.stream().anyMatch(ObserverMethod::isAsync);
    }

    @Inject
    void stopWith(Shutdown shutdown) {
        shutdown.on(Shutdown.Step.END_REQUESTS, () -> stop(Shutdown.refusal()));
        shutdown.on(Shutdown.Step.CUT_CLIENTS, () -> store.newestFirst().forEach(LiveStream::cutOff));
        if (shutdown.hasBegun()) {
            // An application may first use this bean during the shutdown.
            stop(Shutdown.refusal());
        }
    }

    /** Ends all streams, and all calls that wait for their answer, with this error. Returns immediately. */
    void stop(ClaudeException why) {
        stopped = why;
        pending.stop(why);
        store.newestFirst().forEach(stream -> stream.stop(why));
    }

    /**
     * Ends a stream if the server has stopped. Called when {@link #stop} can find the stream, so that no stream is
     * missed.
     */
    private void endIfStopped(LiveStream stream) {
        ClaudeException why = stopped;
        if (why != null) {
            stream.stop(why);
        }
    }

    @Override
    public Optional<ClaudeStream> find(String id) {
        return store.find(id).map(ClaudeStream.class::cast);
    }

    @Override
    public List<ClaudeStream> list() {
        return List.copyOf(store.newestFirst());
    }

    @Override
    public StreamCounts counts() {
        List<LiveStream> all = store.newestFirst();
        return new StreamCounts(
                (int) all.stream().filter(stream -> stream.endedAt().isEmpty()).count(),
                all.stream().mapToInt(LiveStream::subscribers).sum(),
                relayed.sum());
    }

    @Override
    public ClaudeStream start(ClaudeRequest request) {
        return start(request, Optional.empty());
    }

    @Override
    public ClaudeStream start(ClaudeRequest request, AnswerReceiver receiver) {
        return start(request, Optional.of(receiver));
    }

    private ClaudeStream start(ClaudeRequest request, Optional<AnswerReceiver> receiver) {
        var call = new ClaudeCall(request);
        LiveStream stream = begin(call, quota.acquire(request.caller()), receiver);
        try {
            threads.execute(() -> run(stream, call, receiver));
        } catch (ClaudeException e) {
            stream.fail(e);
            throw e;
        }
        return stream;
    }

    @Override
    public CallerRunStream begin(ClaudeCall call) {
        LiveStream stream = begin(call, () -> {}, Optional.empty());
        return new CallerRunStream(stream, () -> run(stream, call, Optional.empty()));
    }

    private LiveStream begin(ClaudeCall call, Runnable onEnd, Optional<AnswerReceiver> receiver) {
        try {
            ClaudeException why = stopped;
            if (why != null) {
                throw why;
            }
            store.requireMemory();
            LiveStream stream = add(call, true, ended -> {
                onEnd.run();
                receiver.ifPresent(one -> notifyEnd(one, ended));
            });
            endIfStopped(stream);
            return stream;
        } catch (RuntimeException | Error e) {
            onEnd.run();
            throw e;
        }
    }

    private static void notifyEnd(AnswerReceiver receiver, LiveStream stream) {
        try {
            receiver.ended(stream);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "The receiver of the answer of " + stream.id() + " failed", e);
        }
    }

    /**
     * Sends the request, and runs the stream to its end on the calling thread. A failure ends the stream with an error.
     */
    private void run(LiveStream stream, ClaudeCall call, Optional<AnswerReceiver> receiver) {
        try {
            EventSource events = upstream(stream, call, client.call(call));
            stream.readFrom(receiver.<EventSource>map(one -> new ReceivedEvents(stream, events, call, one))
                    .orElse(events));
            BlockingReader reader = stream.readerFrom(0);
            while (!reader.next().isEmpty()) {
                // the events are in the log
            }
        } catch (ClaudeException e) {
            stream.fail(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stream.stop(Shutdown.refusal());
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "Stream " + stream.id() + " failed", e);
            stream.fail(ClaudeException.of(
                            ErrorType.API,
                            "The stream failed because of an internal error. The server's log has the cause.")
                    .withCause(e));
        } finally {
            stream.compactIfEnded();
        }
    }

    @Override
    public OpenedStream open(ClaudeCall call) {
        Runnable onEnd = quota.acquire(call.request().caller());
        ClaudeAnswer answer;
        try {
            store.requireMemory();
            answer = pending.answer(call);
        } catch (RuntimeException | Error e) {
            onEnd.run();
            throw e;
        }
        LiveStream stream = add(call, false, ended -> onEnd.run());
        stream.readFrom(upstream(stream, call, answer));
        endIfStopped(stream);
        return new OpenedStream(stream, answer.headers());
    }

    /**
     * Adds a stream to the store, with its time limit.
     *
     * @param onEnd called once, when the stream has ended
     */
    private LiveStream add(ClaudeCall call, boolean outlivesItsClients, Consumer<LiveStream> onEnd) {
        Optional<Deadline> deadline = call.request().timeout().map(limit -> new Deadline(watchdog, limit));
        LiveStream stream = store.add(call, recoveryOf(call), outlivesItsClients, ended -> {
            deadline.ifPresent(Deadline::close);
            onEnd.accept(ended);
        });
        deadline.ifPresent(one -> one.start(() -> timeOut(stream, call)));
        return stream;
    }

    /** Ends the stream on another thread, because observers of its end may block, and the watchdog must not. */
    private void timeOut(LiveStream stream, ClaudeCall call) {
        ClaudeException why = TimeLimit.exceeded(call.request());
        try {
            threads.executeShort(() -> stream.fail(why));
        } catch (ClaudeException e) {
            stream.fail(why);
        }
    }

    private RecoveryMode recoveryOf(ClaudeCall call) {
        return call.request().recovery().orElse(recovery.ofStreams());
    }

    private EventSource upstream(LiveStream stream, ClaudeCall call, ClaudeAnswer answer) {
        var events = new UpstreamEvents(call, answer.asEvents().events(), stream::broken);
        if (stream.recovery() == RecoveryMode.CONTINUE) {
            return new AnswerRecovery(stream, call, client, recovery, memory).events(events);
        }
        // Claude has begun to answer, so the request is not retried.
        call.releaseBody();
        return events;
    }

    @Override
    public FirstEvent firstEvent(ClaudeStream stream) {
        LiveStream live = live(stream);
        return new FirstEvent(live.readerFromBeginning(), live::errorKind);
    }

    @Override
    public void watch(ClaudeStream stream, int from, StreamOutput output, ClientConnection connection)
            throws IOException {
        join(stream, from, output, connection).run();
    }

    @Override
    public Watcher join(ClaudeStream stream, int from, StreamOutput output, ClientConnection connection) {
        var subscription = new Subscription(
                        live(stream), from, output, connection::cut, settings, threads::executeShort, watchdog)
                .join();
        return new Watcher() {

            @Override
            public void run() throws IOException {
                try {
                    subscription.run();
                } finally {
                    relayed.add(subscription.written());
                }
            }

            @Override
            public void leave() {
                subscription.leave();
            }
        };
    }

    @Override
    public void cancelWhenUnwatched(ClaudeStream stream, Duration grace) {
        live(stream).cancelWhenUnwatched(grace, watchdog, threads::executeShort);
    }

    @Override
    public void compactIfEnded(ClaudeStream stream) {
        live(stream).compactIfEnded();
    }

    private static LiveStream live(ClaudeStream stream) {
        if (stream instanceof LiveStream live) {
            return live;
        }
        throw new IllegalArgumentException(stream.id() + " is not a stream of this server");
    }

    private void fireEnded(LiveStream stream) {
        if (isObservedAsync) {
            ended.fireAsync(stream.end(), stream.id());
        }
        if (isObserved) {
            ended.fireSync(stream.end(), stream.id());
        }
    }

    @PreDestroy
    void close() {
        watchdog.forget(store);
        stop(Shutdown.refusal());
        threads.close();
    }
}
