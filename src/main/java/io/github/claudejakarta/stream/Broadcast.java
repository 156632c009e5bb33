package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.StreamEvent;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * How {@link ClaudeStreamingBean#broadcast(String, String, jakarta.ws.rs.sse.SseEventSink, jakarta.ws.rs.sse.Sse,
 * Broadcast) broadcast} sends a stream to a client: as which events, and what becomes of the stream when its clients
 * have left.
 *
 * <pre>{@code
 * Broadcast.text()
 *         .withLast(stream -> List.of(BroadcastEvent.of("done", stream.status().toString())))
 *         .withCancelWhenUnwatched(Duration.ofSeconds(10));
 * }</pre>
 *
 * <p>In each form the {@code id} of an event resumes correctly: a client that sends it as {@code Last-Event-ID} gets
 * all that follows, once. A client resumes with the form that it began with.
 *
 * <p>Immutable: {@code with...} methods return a copy. Functions are called by several threads, and again for a client
 * that resumes, so they return the same for the same event.
 */
@PublicApi
public final class Broadcast {

    /**
     * Headers for the response: no cache stores the events, and no proxy holds them back. With {@code @Context
     * HttpServletResponse response}, before {@code broadcast}: {@code Broadcast.HEADERS.forEach(response::setHeader)}.
     */
    public static final Map<String, String> HEADERS = Map.of("Cache-Control", "no-cache", "X-Accel-Buffering", "no");

    private static final Duration LONGEST_GRACE = Duration.ofDays(1);

    private static final Broadcast EVENTS = new Broadcast(Form.VERBATIM, List.of(), stream -> List.of(), null);

    private final Form form;
    private final List<BroadcastEvent> first;
    private final Function<ClaudeStream, List<BroadcastEvent>> last;
    /** Null for a stream that runs to its end. */
    private final Duration unwatched;

    private Broadcast(
            Form form,
            List<BroadcastEvent> first,
            Function<ClaudeStream, List<BroadcastEvent>> last,
            Duration unwatched) {
        this.form = form;
        this.first = List.copyOf(first);
        this.last = Objects.requireNonNull(last, "last");
        this.unwatched = unwatched;
    }

    /** Makes what one client gets. */
    private interface Form {

        Form VERBATIM = Optional::empty;

        /** Returns a form for one client; empty for Claude's own events. */
        Optional<EventForm> begin();
    }

    /** Returns a broadcast of Claude's own events: their names, and their data as Claude sent it. */
    public static Broadcast events() {
        return EVENTS;
    }

    /**
     * Returns a broadcast of the text alone: each piece is the data of an unnamed event. No piece ends within a
     * surrogate pair. A half that stays alone is sent as U+FFFD. A failed stream ends with an event {@code error},
     * whose data is Claude's error as JSON.
     */
    public static Broadcast text() {
        return new Broadcast(() -> Optional.of(EventForm.text(Optional.empty())), List.of(), EVENTS.last, null);
    }

    /**
     * Returns a broadcast of the text alone, like {@link #text()}, in events with a name.
     *
     * @param name one line of at least one character
     */
    public static Broadcast text(String name) {
        Optional<String> checked = BroadcastEvent.of(name, "text").name();
        return new Broadcast(() -> Optional.of(EventForm.text(checked)), List.of(), EVENTS.last, null);
    }

    /**
     * Returns a broadcast of the application's own events.
     *
     * @param form returns what the client gets for an event of Claude's; empty for nothing. Its text deltas never end
     *     within a surrogate pair: half a pair is moved to the next text delta. A {@link StreamEvent.Error} for which
     *     it returns nothing is sent as an event {@code error} with Claude's error as JSON, so that a failed stream
     *     never looks complete. The function may be called more than once for an event, so it has no side effects.
     *     Where it throws an exception, the client gets an event {@code error} and the response ends; a client that
     *     reconnects continues after that event
     */
    public static Broadcast of(Function<StreamEvent, Optional<BroadcastEvent>> form) {
        Objects.requireNonNull(form, "form");
        return new Broadcast(() -> Optional.of(EventForm.of(form)), List.of(), EVENTS.last, null);
    }

    /**
     * Sends events before the stream's first event, immediately when the client watches. They have no {@code id}, and a
     * client that resumes after an event of the stream does not get them again. A stream that ended with nothing to
     * show is answered with 204, without these events.
     */
    public Broadcast withFirst(BroadcastEvent... events) {
        return new Broadcast(form, List.of(events), last, unwatched);
    }

    /**
     * Sends events after the stream's last event. Their {@code id}s continue the sequence numbers of the stream.
     *
     * @param events is called when the stream has ended, so it can read the message and the error. It returns the same
     *     events each time it is called for one stream
     */
    public Broadcast withLast(Function<ClaudeStream, List<BroadcastEvent>> events) {
        return new Broadcast(form, first, events, unwatched);
    }

    /**
     * Cancels the stream when nobody watches it any more. Watchers are the clients of all broadcasts, of
     * {@code /v1/streams}, and of sockets; readers in Java are not. It begins with the first broadcast that has this
     * option and lasts until the stream ends; the latest broadcast's grace applies.
     *
     * <p>A client that has left is noticed when a write to it fails, which takes up to two heartbeats
     * ({@code claude.stream.heartbeat}) while Claude sends nothing.
     *
     * @param grace how long the stream runs unwatched before it is canceled, so that a client can reconnect; zero to
     *     cancel immediately; a day at most. An {@code EventSource} reconnects after some seconds
     */
    public Broadcast withCancelWhenUnwatched(Duration grace) {
        if (grace.isNegative() || grace.compareTo(LONGEST_GRACE) > 0) {
            throw new IllegalArgumentException("grace must be between 0 and " + LONGEST_GRACE + ": " + grace);
        }
        return new Broadcast(form, first, last, grace);
    }

    /**
     * Whether a client that comes now gets an event, or may get one later. Where it does not, the stream has ended and
     * the client has had everything: answer 204, at which an {@code EventSource} stops. {@code broadcast} does so
     * itself.
     *
     * @param lastEventId the {@code Last-Event-ID} of the request; null or blank for none
     * @throws ClaudeException {@code invalid_request_error} for a value that is no sequence number, or one of an event
     *     that the stream has not had
     */
    public boolean hasEventsAfter(ClaudeStream stream, String lastEventId) {
        return hasEventsFrom(stream, from(stream, lastEventId));
    }

    /** The sequence number of the event to continue with. */
    int from(ClaudeStream stream, String lastEventId) {
        boolean isEnded = isEnded(stream);
        LastEventId id = LastEventId.of(lastEventId, null);
        // The function is called only for a client that has had everything else.
        int own = isEnded && id.value() >= stream.eventCount() ? last(stream).size() : 0;
        return id.next(stream.eventCount() + own);
    }

    boolean hasEventsFrom(ClaudeStream stream, int from) {
        return !isEnded(stream) || from < stream.eventCount() + last(stream).size() && !isSilentFrom(stream, from);
    }

    /**
     * Whether none of the events that follow shows: the last event of a message has no text, so a client that has had
     * the whole text does not know its id.
     */
    private boolean isSilentFrom(ClaudeStream stream, int from) {
        Optional<EventForm> begun = form.begin();
        if (begun.isEmpty() || !last(stream).isEmpty()) {
            return false;
        }
        int sequence = 0;
        for (StreamEvent event : stream.events()) {
            try {
                boolean isShown = begun.get().next(event).isPresent();
                if (isShown && sequence >= from) {
                    return false;
                }
            } catch (RuntimeException e) {
                // The client gets an error event for it, or has had that.
                if (sequence >= from) {
                    return false;
                }
            }
            sequence++;
        }
        return true;
    }

    private static boolean isEnded(ClaudeStream stream) {
        return stream.status() != StreamStatus.RUNNING;
    }

    Optional<EventForm> begin() {
        return form.begin();
    }

    /** What a client gets before the first event. */
    List<BroadcastEvent> first() {
        return first;
    }

    /** What a client gets after the last event of a stream that has ended. */
    List<BroadcastEvent> last(ClaudeStream stream) {
        return List.copyOf(last.apply(stream));
    }

    /** How long the stream may run without watchers; empty where it runs to its end. */
    Optional<Duration> unwatched() {
        return Optional.ofNullable(unwatched);
    }
}
