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
 * A stream of this server: its log, its call to Claude, and the clients that watch it.
 *
 * <p>Safe for use by many threads.
 */
final class LiveStream implements ClaudeStream {

    private final String id;
    private final String owner;
    private final Optional<String> correlation;
    /** The model of the request; "" if it is unknown. */
    private final String requestedModel;

    private final Instant createdAt;
    /** The current call, which can be canceled. Null after the end, because it contains the request and a key. */
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
    /**
     * Cancels the stream when it has no watchers. Null for a stream that runs to its end, or that is canceled with its
     * client.
     */
    private volatile UnwatchedTimer unwatchedTimer;
    /** The error and the terminal event of a cancellation, if it is the first to end the stream. */
    private final AtomicReference<Failure> cancellation = new AtomicReference<>();
    /**
     * The error and the terminal event of a failure. The event lacks some details, such as the kind and the time to
     * retry.
     */
    private final AtomicReference<Failure> failure = new AtomicReference<>();

    /**
     * Creates a stream that runs.
     *
     * @param outlivesItsClients whether it continues when it has no watchers
     * @param grown gets the number of bytes by which its log has grown
     * @param ended called once, after the stream has ended
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

    /** Returns the CDI event for a stream that has ended. */
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
        // The reader of a stream that outlives its clients runs on the stream's own thread, which nobody interrupts.
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
        for (Failure candidate : Arrays.asList(cancellation.get(), failure.get())) {
            if (hasEndedBy(candidate)) {
                return Optional.of(candidate.cause);
            }
        }
        return log.terminal()
                .map(event -> StreamEvent.of(event.name(), event.data()))
                .filter(StreamEvent.Error.class::isInstance)
                .map(event -> ((StreamEvent.Error) event).exception());
    }

    /** Returns whether this failure, which may be null, ended the stream. */
    private boolean hasEndedBy(Failure candidate) {
        return candidate != null
                && log.terminal().filter(end -> end == candidate.event).isPresent();
    }

    /** Returns the kind of the failure, after the stream has failed. */
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
     * Closes the connection to Claude. The thread that runs the stream then finds the connection broken, and the answer
     * is not continued. Returns immediately.
     */
    void cut() {
        isCut = true;
        ClaudeCall running = call;
        if (running != null) {
            running.cancel();
        }
    }

    /** Returns whether {@link #cut} was called. */
    boolean isCut() {
        return isCut;
    }

    /** Sets the current call, which a cancellation cancels. */
    void setCall(ClaudeCall next) {
        call = next;
        if (isCut || log.isEnded()) {
            next.cancel();
        }
    }

    /** Records that the following events belong to another answer. */
    void addRecovery(Recovery place) {
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
     * queue. It has no effect on a stream that has ended.
     */
    void stop(ClaudeException why) {
        isStopped = true;
        cancel(why);
    }

    /** Returns whether the stream was running when the server shut down, and ended for that reason. */
    boolean isStopped() {
        return isStopped && status() == StreamStatus.CANCELED;
    }

    /** Closes the connections of all watching clients, without waiting for them to read. */
    void cutOff() {
        subscriptions.forEach(Subscription::disconnect);
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

    /** Ends the stream with this error. */
    void fail(ClaudeException cause) {
        end(broken(cause), cause);
    }

    /**
     * Returns the terminal event for this error, and records the error. The error counts once the event is in the log.
     */
    ServerSentEvent broken(ClaudeException cause) {
        ServerSentEvent event = Terminal.error(cause);
        failure.compareAndSet(null, new Failure(event, cause));
        return event;
    }

    private record Failure(ServerSentEvent event, ClaudeException cause) {}

    /**
     * Ends the log before it cancels the call. Otherwise the cancellation would look like a failure of the upstream.
     */
    private void end(ServerSentEvent terminal, ClaudeException why) {
        ClaudeCall running = call;
        log.end(terminal);
        upstream.finishIfEnded();
        if (running != null) {
            running.cancel(why);
            running.releaseBody();
        }
    }

    /** Sets the source of the events. If the stream has ended, the source is closed. */
    void readFrom(EventSource source) {
        upstream.readFrom(source);
    }

    /**
     * Returns a reader that may read the upstream for all readers. Its thread runs the stream, or writes to a client.
     */
    BlockingReader readerFrom(int position) {
        return new BlockingReader(upstream, position, true);
    }

    /** Returns a reader at the first event, for a thread that should not run the stream. */
    BlockingReader readerFromBeginning() {
        return new BlockingReader(upstream, 0, !outlivesItsClients);
    }

    /** Compresses the events if the stream has ended. Callers that have finished with the stream call it. */
    void compactIfEnded() {
        compaction.runIfEnded();
    }

    /** Returns whether a reader at this position has received the terminal event. */
    boolean hasAllUpTo(int position) {
        return log.isEnded() && position == log.size();
    }

    StreamLog log() {
        return log;
    }

    void joined(Subscription subscription) {
        subscriptions.add(subscription);
        UnwatchedTimer timer = unwatchedTimer;
        if (timer != null) {
            timer.joined();
        }
    }

    /** Records that a client has left. A stream for one client is canceled when its last client leaves. */
    void left(Subscription subscription) {
        subscriptions.remove(subscription);
        cancelIfAbandoned();
        upstream.finishIfEnded();
    }

    void cancelIfAbandoned() {
        if (subscriptions.isEmpty() && !outlivesItsClients) {
            cancel("The client has left");
        }
        UnwatchedTimer timer = unwatchedTimer;
        if (timer != null) {
            timer.left();
        }
    }

    /** Cancels the stream when it has had no watchers for this time. */
    synchronized void cancelWhenUnwatched(Duration grace, Watchdog watchdog, Executor threads) {
        if (unwatchedTimer != null) {
            unwatchedTimer.grace(grace);
        } else if (!log.isEnded()) {
            unwatchedTimer = new UnwatchedTimer(this, grace, watchdog, threads);
            watchdog.watch(unwatchedTimer);
        }
    }
}
