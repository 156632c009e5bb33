package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageAccumulator;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Recovery;
import io.github.claudejakarta.runtime.Watchdog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;

/**
 * A stream of this server: its log, the call that Claude answers, and the clients that watch it.
 *
 * <p>Safe for use by many threads.
 */
final class LiveStream implements ClaudeStream {

    private final String id;
    private final String owner;
    private final Optional<String> correlation;
    /** What was requested; "" if it is unknown. */
    private final String requestedModel;

    private final Instant createdAt;
    /** What is asked now, and can be called off; forgotten at the end, because it holds the request and a key. */
    private volatile ClaudeCall call;

    private final RecoveryMode recovery;
    private final List<Recovery> recoveries = new CopyOnWriteArrayList<>();
    private volatile boolean isCut;
    private volatile boolean isStopped;
    private final boolean outlivesItsClients;
    private final StreamLog log;
    private final UpstreamReader upstream;
    private final Compaction compaction;
    private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();
    /** Cancels it when nobody watches; null for a stream that runs to its end, or that is canceled with its client. */
    private volatile Unwatched unwatched;
    /** The error and the event that a cancellation ends it with, if it is the first to. */
    private final AtomicReference<Failure> cancellation = new AtomicReference<>();
    /** The same of a failure: the event has not all that is known of it, as its kind and when to try again. */
    private final AtomicReference<Failure> failure = new AtomicReference<>();

    /**
     * @param outlivesItsClients whether it runs on when nobody watches any more
     * @param grown told how many bytes more its log has
     * @param ended told once, after it has ended
     */
    LiveStream(
            String id,
            String owner,
            ClaudeCall call,
            RecoveryMode recovery,
            boolean outlivesItsClients,
            Clock clock,
            ObjLongConsumer<LiveStream> grown,
            Consumer<LiveStream> ended) {
        this.id = id;
        this.owner = owner;
        this.correlation = call.request().correlation();
        this.requestedModel = call.request().model();
        this.call = call;
        this.recovery = recovery;
        this.outlivesItsClients = outlivesItsClients;
        this.createdAt = clock.instant();
        this.log = new StreamLog(clock, added -> grown.accept(this, added));
        this.compaction = new Compaction(log);
        this.upstream = new UpstreamReader(log, () -> {
            this.call = null;
            ended.accept(this);
        });
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String owner() {
        return owner;
    }

    @Override
    public Optional<String> correlation() {
        return correlation;
    }

    /** What observers get once it has ended. */
    StreamEnded end() {
        Optional<Message> frame = frame();
        return new StreamEnded(
                id,
                status(),
                frame.map(Message::usage),
                Duration.between(createdAt, endedAt().orElseThrow()),
                frame.map(Message::model)
                        .filter(model -> !model.isEmpty())
                        .or(() -> Optional.of(requestedModel).filter(model -> !model.isEmpty())),
                error(),
                owner,
                correlation);
    }

    @Override
    public Instant createdAt() {
        return createdAt;
    }

    @Override
    public Optional<Instant> endedAt() {
        return log.endedAt();
    }

    @Override
    public StreamStatus status() {
        if (!log.isEnded()) {
            return StreamStatus.RUNNING;
        }
        ServerSentEvent end = log.terminal().orElseThrow();
        if (hasEndedBy(cancellation.get())) {
            return StreamStatus.CANCELED;
        }
        return StreamEvent.of(end.name(), end.data()) instanceof StreamEvent.Error
                ? StreamStatus.FAILED
                : StreamStatus.COMPLETED;
    }

    @Override
    public int eventCount() {
        return log.size();
    }

    @Override
    public long length() {
        return log.length();
    }

    @Override
    public int subscribers() {
        return subscriptions.size();
    }

    @Override
    public Iterable<StreamEvent> events() {
        // A stream that outlives its clients has a reader of its own, whom nobody interrupts.
        return () -> new EventIterator(readerFromBeginning(), this::errorKind);
    }

    @Override
    public Optional<Message> messageSoFar() {
        var accumulator = new MessageAccumulator();
        log.forEach(event -> accumulator.accumulate(StreamEvent.of(event.name(), event.data())));
        return accumulator.message();
    }

    @Override
    public Optional<ClaudeException> error() {
        for (Failure ours : Arrays.asList(cancellation.get(), failure.get())) {
            if (hasEndedBy(ours)) {
                return Optional.of(ours.cause);
            }
        }
        return log.terminal()
                .map(event -> StreamEvent.of(event.name(), event.data()))
                .filter(StreamEvent.Error.class::isInstance)
                .map(event -> ((StreamEvent.Error) event).exception());
    }

    /** Whether this failure, which may be null, ended the stream. */
    private boolean hasEndedBy(Failure ours) {
        return ours != null && log.terminal().filter(end -> end == ours.event).isPresent();
    }

    /** How the stream failed; to be called once it has. */
    ErrorKind errorKind() {
        return error().map(ClaudeException::kind).orElse(ErrorKind.REFUSED);
    }

    @Override
    public RecoveryMode recovery() {
        return recovery;
    }

    @Override
    public List<Recovery> recoveries() {
        return Collections.unmodifiableList(recoveries);
    }

    /**
     * Cuts the connection to Claude, and nothing else: whoever carries the stream finds it broken, and it is not
     * continued. Does not wait for anything.
     */
    void cut() {
        isCut = true;
        ClaudeCall running = call;
        if (running != null) {
            running.cancel();
        }
    }

    /** Whether it was {@link #cut}. */
    boolean isCut() {
        return isCut;
    }

    /** From now on this call is what is to be called off. */
    void asks(ClaudeCall next) {
        call = next;
        if (isCut || log.isEnded()) {
            next.cancel();
        }
    }

    /** What comes from now on is another answer's. */
    void recovered(Recovery place) {
        recoveries.add(place);
    }

    @Override
    public Optional<Message> frame() {
        var accumulator = new MessageAccumulator();
        for (ServerSentEvent event : log.events()) {
            if (event.isNamed("message_start") || event.isNamed("message_delta")) {
                accumulator.accumulate(StreamEvent.of(event.name(), event.data()));
            }
        }
        return accumulator.message();
    }

    @Override
    public void cancel() {
        cancel("The stream was canceled");
    }

    void cancel(String why) {
        cancel(ClaudeException.of(ErrorKind.CANCELED, ErrorType.API, why));
    }

    /**
     * Ends the stream because the server shuts down. Its watchers get this error, and a job that runs it returns to the
     * queue. Does nothing to a stream that has ended.
     */
    void stop(ClaudeException why) {
        isStopped = true;
        cancel(why);
    }

    /** Whether the stream was running when the server shut down, and was ended for that reason. */
    boolean isStopped() {
        return isStopped && status() == StreamStatus.CANCELED;
    }

    /** Closes the connections of all clients that watch it, without waiting for them to read. */
    void cutOff() {
        subscriptions.forEach(Subscription::giveUp);
    }

    private void cancel(ClaudeException why) {
        if (log.isEnded()) {
            return;
        }
        ServerSentEvent event = Terminal.error(why);
        if (cancellation.compareAndSet(null, new Failure(event, why))) {
            end(event, why);
        }
    }

    /** Ends it with this error. */
    void fail(ClaudeException cause) {
        end(broken(cause), cause);
    }

    /** The event with which it ends because of this error, once the event is in the log. */
    ServerSentEvent broken(ClaudeException cause) {
        ServerSentEvent event = Terminal.error(cause);
        failure.compareAndSet(null, new Failure(event, cause));
        return event;
    }

    private record Failure(ServerSentEvent event, ClaudeException cause) {}

    /** First the event and then the cut, which would otherwise be taken for the upstream's own failure. */
    private void end(ServerSentEvent terminal, ClaudeException why) {
        ClaudeCall running = call;
        log.end(terminal);
        upstream.finishIfEnded();
        if (running != null) {
            running.cancel(why);
            running.releaseBody();
        }
    }

    /** From now on there is something to read. If the stream has ended, the upstream is closed. */
    void readFrom(EventSource source) {
        upstream.readFrom(source);
    }

    /** A reader that may read the upstream for all: its thread carries the stream, or writes to a client. */
    BlockingReader readerFrom(int position) {
        return new BlockingReader(upstream, position, true);
    }

    /** A reader at the first event, on a thread that has other things to do than to carry the stream. */
    BlockingReader readerFromBeginning() {
        return new BlockingReader(upstream, 0, !outlivesItsClients);
    }

    /** Deflates the events, if the stream has ended. To be called by those who are done with it. */
    void compactIfEnded() {
        compaction.runIfEnded();
    }

    /** Whether a reader at this position has had the terminal event. */
    boolean hasAllUpTo(int position) {
        return log.isEnded() && position == log.size();
    }

    StreamLog log() {
        return log;
    }

    void joined(Subscription subscription) {
        subscriptions.add(subscription);
        Unwatched since = unwatched;
        if (since != null) {
            since.joined();
        }
    }

    /** The last client that leaves a stream which was made for it takes the stream with it. */
    void left(Subscription subscription) {
        subscriptions.remove(subscription);
        cancelIfAbandoned();
        upstream.finishIfEnded();
    }

    void cancelIfAbandoned() {
        if (subscriptions.isEmpty() && !outlivesItsClients) {
            cancel("The client has left");
        }
        Unwatched since = unwatched;
        if (since != null) {
            since.left();
        }
    }

    /** From now on the stream is canceled when nobody has watched it for so long. */
    synchronized void cancelWhenUnwatched(Duration grace, Watchdog watchdog, Executor threads) {
        if (unwatched != null) {
            unwatched.grace(grace);
        } else if (!log.isEnded()) {
            unwatched = new Unwatched(this, grace, watchdog, threads);
            watchdog.watch(unwatched);
        }
    }
}
