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
 * The options with which {@link ClaudeStreamingBean#broadcast(String, String, jakarta.ws.rs.sse.SseEventSink,
 * jakarta.ws.rs.sse.Sse, Broadcast) broadcast} sends a stream to a client: the form of the events, and what happens to
 * the stream when its clients have left.
 *
 * <pre>{@code
 * Broadcast.text()
 *         .withLast(stream -> List.of(BroadcastEvent.of("done", stream.status().toString())))
 *         .withCancelWhenUnwatched(Duration.ofSeconds(10));
 * }</pre>
 *
 * <p>In each form the {@code id} of an event resumes correctly: a client that sends it as {@code Last-Event-ID}
 * receives all following events, once. A client must resume with the same form.
 *
 * <p>Immutable: {@code with...} methods return a copy. Several threads call the functions, and call them again for a
 * client that resumes. Therefore a function must return the same result for the same event.
 */
@PublicApi
public final class Broadcast {

    /**
     * Headers for the response, so that caches do not store the events and proxies do not delay them. With
     * {@code @Context HttpServletResponse response}, call before {@code broadcast}:
     * {@code Broadcast.HEADERS.forEach(response::setHeader)}.
     */
    public static final Map<String, String> HEADERS = Map.of("Cache-Control", "no-cache", "X-Accel-Buffering", "no");

    private static final Duration MAX_GRACE = Duration.ofDays(1);

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

    /** Creates the form of the events for one client. */
    private interface Form {

        Form VERBATIM = Optional::empty;

        /** Returns the form for one client; empty for Claude's own events. */
        Optional<EventForm> begin();
    }

    /** Returns a broadcast of Claude's own events: their names, and their data as Claude sent it. */
    public static Broadcast events() {
        return EVENTS;
    }

    /**
     * Returns a broadcast of the text only: each piece is the data of an unnamed event. No piece ends within a
     * surrogate pair. An unpaired half is sent as U+FFFD. A failed stream ends with an event {@code error}, whose data
     * is Claude's error as JSON.
     */
    public static Broadcast text() {
        return new Broadcast(() -> Optional.of(EventForm.text(Optional.empty())), List.of(), EVENTS.last, null);
    }

    /**
     * Returns a broadcast of the text only, like {@link #text()}, in events with a name.
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
     * @param form returns the client's event for an event of Claude; empty to send nothing. Text deltas never end
     *     within a surrogate pair: half of a pair is moved to the next text delta. If it returns nothing for a
     *     {@link StreamEvent.Error}, the client gets an event {@code error} with Claude's error as JSON, so that a
     *     failed stream never looks complete. The function may be called more than once for an event, so it must not
     *     have side effects. If it throws an exception, the client gets an event {@code error} and the response ends. A
     *     client that reconnects continues after that event
     */
    public static Broadcast of(Function<StreamEvent, Optional<BroadcastEvent>> form) {
        Objects.requireNonNull(form, "form");
        return new Broadcast(() -> Optional.of(EventForm.of(form)), List.of(), EVENTS.last, null);
    }

    /**
     * Returns a copy that sends these events before the stream's first event, as soon as the client watches. They have
     * no {@code id}, and a client that resumes after an event of the stream does not get them again. A stream that
     * ended with nothing to send gets 204, without these events.
     */
    public Broadcast withFirst(BroadcastEvent... events) {
        return new Broadcast(form, List.of(events), last, unwatched);
    }

    /**
     * Returns a copy that sends these events after the stream's last event. Their {@code id}s continue the sequence
     * numbers of the stream.
     *
     * @param events called when the stream has ended, so it can read the message and the error. It must return the same
     *     events each time it is called for one stream
     */
    public Broadcast withLast(Function<ClaudeStream, List<BroadcastEvent>> events) {
        return new Broadcast(form, first, events, unwatched);
    }

    /**
     * Returns a copy that cancels the stream when it has no watchers. Watchers are the clients of all broadcasts, of
     * {@code /v1/streams}, and of sockets. Readers in Java do not count. The option applies from the first broadcast
     * that has it until the stream ends, with the grace of the latest broadcast.
     *
     * <p>The server detects a client that has left when a write to it fails. While Claude sends nothing, this takes up
     * to two heartbeats ({@code claude.stream.heartbeat}).
     *
     * @param grace the time for which the stream runs without watchers before it is canceled, so that a client can
     *     reconnect: from zero (cancel immediately) to one day. An {@code EventSource} reconnects after some seconds
     */
    public Broadcast withCancelWhenUnwatched(Duration grace) {
        if (grace.isNegative() || grace.compareTo(MAX_GRACE) > 0) {
            throw new IllegalArgumentException("grace must be from 0 to " + MAX_GRACE + ": " + grace);
        }
        return new Broadcast(form, first, last, grace);
    }

    /**
     * Returns whether a client that connects now gets an event, or may get one later. If not, the stream has ended and
     * the client has received all events: answer 204, at which an {@code EventSource} stops. {@code broadcast} does
     * this automatically.
     *
     * @param lastEventId the {@code Last-Event-ID} of the request; null or blank without one
     * @throws ClaudeException {@code invalid_request_error} for a value that is not a sequence number, or the number of
     *     an event that does not exist yet
     */
    public boolean hasEventsAfter(ClaudeStream stream, String lastEventId) {
        return hasEventsFrom(stream, from(stream, lastEventId));
    }

    /** Returns the sequence number of the event to continue with. */
    int from(ClaudeStream stream, String lastEventId) {
        boolean isEnded = isEnded(stream);
        LastEventId id = LastEventId.of(lastEventId, null);
        // The function is called only for a client that has received all other events.
        int own = isEnded && id.value() >= stream.eventCount() ? last(stream).size() : 0;
        return id.next(stream.eventCount() + own);
    }

    boolean hasEventsFrom(ClaudeStream stream, int from) {
        return !isEnded(stream) || from < stream.eventCount() + last(stream).size() && !isSilentFrom(stream, from);
    }

    /**
     * Returns whether the client would see none of the following events. The last event of a message has no text, so a
     * client that has received the whole text does not know its id.
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
                // The client gets an error event for it, or has received it.
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

    /** Returns the events before the first event of the stream. */
    List<BroadcastEvent> first() {
        return first;
    }

    /** Returns the events after the last event of a stream that has ended. */
    List<BroadcastEvent> last(ClaudeStream stream) {
        return List.copyOf(last.apply(stream));
    }

    /** Returns the time for which the stream may run without watchers; empty if it runs to its end. */
    Optional<Duration> unwatched() {
        return Optional.ofNullable(unwatched);
    }
}
