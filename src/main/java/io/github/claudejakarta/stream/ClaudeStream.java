package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageAccumulator;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Recovery;
import java.time.Clock;
import java.time.Instant;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A message that is, or was, streamed: it can be read from its beginning any number of times, while it runs and as long
 * as it is kept ({@code claude.stream.retention} after its end).
 *
 * <pre>{@code
 * ClaudeStream stream = claude.stream(MessageRequest.of("claude-opus-5-5", 1024, "Write a haiku about code."));
 * stream.text().forEach(System.out::print);
 * Message message = stream.message();
 * }</pre>
 *
 * <p>Safe for use by many threads. What waits for events blocks its thread; a thread that is interrupted meanwhile gets
 * a {@link ClaudeException} and keeps its interrupt status.
 */
public final class ClaudeStream {

    private final String id;
    private final String owner;
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
    /** The event that a cancellation ends it with, if it is the first to. */
    private final AtomicReference<ServerSentEvent> cancellation = new AtomicReference<>();
    /** The same of a failure: the event has not all that is known of it, as when to try again. */
    private final AtomicReference<Failure> failure = new AtomicReference<>();

    /**
     * @param outlivesItsClients whether it runs on when nobody watches any more
     * @param grown told how many bytes more its log has
     * @param ended told once, after it has ended
     */
    ClaudeStream(
            String id,
            String owner,
            ClaudeCall call,
            RecoveryMode recovery,
            boolean outlivesItsClients,
            Clock clock,
            ObjLongConsumer<ClaudeStream> grown,
            Consumer<ClaudeStream> ended) {
        this.id = id;
        this.owner = owner;
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

    /** Unguessable; what {@code GET /v1/streams/{id}} takes. */
    public String id() {
        return id;
    }

    /** Who may see it: the name of a caller. */
    public String owner() {
        return owner;
    }

    public Instant createdAt() {
        return createdAt;
    }

    /** Empty while it runs. */
    public Optional<Instant> endedAt() {
        return log.endedAt();
    }

    public StreamStatus status() {
        if (!log.isEnded()) {
            return StreamStatus.RUNNING;
        }
        ServerSentEvent end = log.terminal().orElseThrow();
        if (end == cancellation.get()) {
            return StreamStatus.CANCELED;
        }
        return StreamEvent.of(end.name(), end.data()) instanceof StreamEvent.Error
                ? StreamStatus.FAILED
                : StreamStatus.COMPLETED;
    }

    /** Events so far. */
    public int eventCount() {
        return log.size();
    }

    /** Clients that watch it now. */
    public int subscribers() {
        return subscriptions.size();
    }

    /**
     * Every event, typed, from the first on; each iterator reads for itself and blocks until the next event comes. The
     * last is {@link StreamEvent.MessageStop} or {@link StreamEvent.Error}.
     */
    public Iterable<StreamEvent> events() {
        // A stream that outlives its clients has a reader of its own, whom nobody interrupts.
        return () -> new EventIterator(beginning());
    }

    /**
     * The text as it comes, piece by piece, of all text blocks; blocks while it waits. No piece ends within a surrogate
     * pair: the first half of a character that comes in two events is in the piece of the second. A half that stays
     * alone is the last piece.
     *
     * @throws ClaudeException by the stream's terminal operation, when an error ends the message
     */
    public Stream<String> text() {
        var text = new StreamText();
        return StreamSupport.stream(events().spliterator(), false)
                .map(event -> {
                    if (event instanceof StreamEvent.Error error) {
                        throw error.exception();
                    }
                    return event instanceof StreamEvent.MessageStop
                            ? text.rest()
                            : text.next(event).orElse("");
                })
                .filter(piece -> !piece.isEmpty());
    }

    /**
     * The whole message; waits for its end.
     *
     * @throws ClaudeException if there is none: what the {@code error} event says
     */
    public Message message() {
        var accumulator = new MessageAccumulator();
        for (StreamEvent event : events()) {
            if (event instanceof StreamEvent.Error error) {
                throw error.exception();
            }
            accumulator.accumulate(event);
        }
        return accumulator
                .message()
                .orElseThrow(() -> ClaudeException.of(ErrorType.API, "Claude's stream ended without message_start"));
    }

    /** What has come of the message so far, also of one that failed; empty before {@code message_start}. */
    public Optional<Message> messageSoFar() {
        var accumulator = new MessageAccumulator();
        log.forEach(event -> accumulator.accumulate(StreamEvent.of(event.name(), event.data())));
        return accumulator.message();
    }

    /** The error that ended it. */
    public Optional<ClaudeException> error() {
        Failure ours = failure.get();
        if (ours != null && log.terminal().filter(end -> end == ours.event).isPresent()) {
            return Optional.of(ours.cause);
        }
        return log.terminal()
                .map(event -> StreamEvent.of(event.name(), event.data()))
                .filter(StreamEvent.Error.class::isInstance)
                .map(event -> ((StreamEvent.Error) event).exception());
    }

    /** What becomes of it where its answer breaks off. */
    public RecoveryMode recovery() {
        return recovery;
    }

    /** Where its answer broke off and was continued, in order; empty where that has not happened. */
    public List<Recovery> recoveries() {
        return Collections.unmodifiableList(recoveries);
    }

    /**
     * Cuts the connection to Claude, and nothing else: whoever carries the stream finds it broken, and it is not
     * continued. Does not wait for anything.
     */
    public void cut() {
        isCut = true;
        ClaudeCall running = call;
        if (running != null) {
            running.cancel();
        }
    }

    /** Whether it was {@link #cut}. */
    public boolean isCut() {
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

    /**
     * The message without its content, and so without a look at most events: what it used, and why it ended, as far as
     * Claude told. Empty before {@code message_start}.
     */
    public Optional<Message> frame() {
        var accumulator = new MessageAccumulator();
        for (ServerSentEvent event : log.events()) {
            if (event.isNamed("message_start") || event.isNamed("message_delta")) {
                accumulator.accumulate(StreamEvent.of(event.name(), event.data()));
            }
        }
        return accumulator.message();
    }

    /** Calls it off, upstream too; watchers get an {@code error} event. Nothing happens to a stream that has ended. */
    public void cancel() {
        cancel("The stream was canceled");
    }

    void cancel(String why) {
        cancel(ClaudeException.of(ErrorType.API, why));
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
    public boolean isStopped() {
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
        if (cancellation.compareAndSet(null, event)) {
            end(event);
        }
    }

    /** Ends it with this error. */
    void fail(ClaudeException cause) {
        end(broken(cause));
    }

    /** The event with which it ends because of this error, once the event is in the log. */
    ServerSentEvent broken(ClaudeException cause) {
        ServerSentEvent event = Terminal.error(cause);
        failure.compareAndSet(null, new Failure(event, cause));
        return event;
    }

    private record Failure(ServerSentEvent event, ClaudeException cause) {}

    /** First the event and then the cut, which would otherwise be taken for the upstream's own failure. */
    private void end(ServerSentEvent terminal) {
        ClaudeCall running = call;
        log.end(terminal);
        upstream.finishIfEnded();
        if (running != null) {
            running.cancel();
            running.forgetBody();
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

    /** A reader at the first event, on a thread of an application's or of {@link #requireBegun}. */
    BlockingReader beginning() {
        return new BlockingReader(upstream, 0, !outlivesItsClients);
    }

    /** Deflates the events, if the stream has ended. To be called by those who are done with it. */
    void compactIfEnded() {
        compaction.runIfEnded();
    }

    /**
     * Waits for the first event, or until the reader is closed.
     *
     * @throws ClaudeException if the first event is an error: the message never began
     */
    void requireBegun(BlockingReader beginning) {
        var events = new EventIterator(beginning);
        if (events.hasNext() && events.next() instanceof StreamEvent.Error error) {
            throw error.exception();
        }
    }

    /**
     * Where a client goes on.
     *
     * @param after the sequence number of the last event it had; null or blank for none
     * @return the sequence number of the next one
     * @throws ClaudeException {@code invalid_request_error} for what is no number, or an event that the stream has not
     *     had
     */
    public int positionAfter(String after) {
        return LastEventId.of(null, after).next(this);
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
    }

    private static final class EventIterator implements Iterator<StreamEvent> {

        private final BlockingReader reader;
        private Iterator<ServerSentEvent> batch = List.<ServerSentEvent>of().iterator();

        EventIterator(BlockingReader reader) {
            this.reader = reader;
        }

        @Override
        public boolean hasNext() {
            if (!batch.hasNext()) {
                try {
                    batch = reader.next().events().iterator();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw ClaudeException.of(ErrorType.API, "Interrupted while waiting for Claude")
                            .withCause(e);
                }
            }
            return batch.hasNext();
        }

        @Override
        public StreamEvent next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            ServerSentEvent event = batch.next();
            return StreamEvent.of(event.name(), event.data());
        }
    }
}
