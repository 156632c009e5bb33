package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageAccumulator;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.recovery.Recovery;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
@PublicApi
public interface ClaudeStream {

    /**
     * Returns a stream that has ended, with these events: for unit tests of code that reads streams. It needs neither a
     * server nor a network, no bean knows its id, and {@link #cancel} has no effect.
     *
     * <p>Events after the terminal event are left out. If no event is terminal, the stream fails with an
     * {@code api_error}, like every stream whose answer breaks off.
     *
     * @param events copied; {@link StreamEvent#of} makes an event of the name and data that the wire has
     */
    static ClaudeStream of(Iterable<StreamEvent> events) {
        return EndedStream.of(events);
    }

    /** Returns a stream that has ended, with these events, like {@link #of(Iterable)}. */
    static ClaudeStream of(StreamEvent... events) {
        return of(List.of(events));
    }

    /**
     * Returns a stream that has ended and whose message is this text, in one text block with an event for each word:
     * for unit tests of code that reads streams. The stop reason is {@code end_turn}.
     */
    static ClaudeStream ofText(String text) {
        return EndedStream.ofText(text);
    }

    /**
     * Returns a stream that failed, for unit tests of code that reads streams. Its {@code error} event is the last one.
     *
     * @param textBefore what Claude had written before; empty for a stream that failed before {@code message_start}
     * @param failure returned by {@link #error}
     */
    static ClaudeStream failed(String textBefore, ClaudeException failure) {
        return EndedStream.failed(textBefore, failure);
    }

    /** Unguessable; what {@code GET /v1/streams/{id}} takes. */
    String id();

    /** Who may see it: the name of a caller. */
    String owner();

    /** The application's own id for it ({@code RequestOptions.withCorrelation}); empty without one. */
    Optional<String> correlation();

    Instant createdAt();

    /** Empty while it runs. */
    Optional<Instant> endedAt();

    StreamStatus status();

    /** Events so far. */
    int eventCount();

    /** Bytes of all events so far, as they were received. */
    long length();

    /** Clients that watch it now. */
    int subscribers();

    /**
     * Every event, typed, from the first on; each iterator reads for itself and blocks until the next event comes. The
     * last is {@link StreamEvent.MessageStop} or {@link StreamEvent.Error}.
     */
    Iterable<StreamEvent> events();

    /**
     * The text as it comes, piece by piece, of all text blocks; blocks while it waits. No piece ends within a surrogate
     * pair: the first half of a character that comes in two events is in the piece of the second. A half that stays
     * alone is the last piece.
     *
     * @throws ClaudeException by the stream's terminal operation, when an error ends the message
     */
    default Stream<String> text() {
        var text = new StreamText();
        return StreamSupport.stream(events().spliterator(), false)
                .map(event -> {
                    if (event instanceof StreamEvent.Error error) {
                        throw failure(error);
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
     * @throws ClaudeException if there is none; its {@linkplain ClaudeException#kind() kind} says why
     */
    default Message message() {
        var accumulator = new MessageAccumulator();
        for (StreamEvent event : events()) {
            if (event instanceof StreamEvent.Error error) {
                throw failure(error);
            }
            accumulator.accumulate(event);
        }
        return accumulator
                .message()
                .orElseThrow(() -> ClaudeException.of(
                        ErrorKind.BROKEN, ErrorType.API, "Claude's stream ended without message_start"));
    }

    /** The error to throw to a reader: it has the stack trace of the reader, and all that is known of the failure. */
    private ClaudeException failure(StreamEvent.Error event) {
        return error().map(known -> known.withCause(known.getCause())).orElseGet(event::exception);
    }

    /** What has come of the message so far, also of one that failed; empty before {@code message_start}. */
    Optional<Message> messageSoFar();

    /**
     * The message without its content, and so without a look at most events: what it used, and why it ended, as far as
     * Claude told. Empty before {@code message_start}.
     */
    Optional<Message> frame();

    /** The error that ended it. */
    Optional<ClaudeException> error();

    /** What becomes of it where its answer breaks off. */
    RecoveryMode recovery();

    /** Where its answer broke off and was continued, in order; empty where that has not happened. */
    List<Recovery> recoveries();

    /** Calls it off, upstream too; watchers get an {@code error} event. Nothing happens to a stream that has ended. */
    void cancel();
}
