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
 * A message of Claude as a stream of events. It can be read from its beginning any number of times, while it runs and
 * for {@code claude.stream.retention} after its end (default: 10 minutes).
 *
 * <pre>{@code
 * ClaudeStream stream = claude.stream(MessageRequest.of("claude-opus-5-5", 1024, "Write a haiku about code."));
 * stream.text().forEach(System.out::print);
 * Message message = stream.message();
 * }</pre>
 *
 * <p>Safe for use by many threads. Methods that wait for events block their thread. A thread that is interrupted during
 * the wait gets a {@link ClaudeException} and keeps its interrupt status.
 */
@PublicApi
public interface ClaudeStream {

    /**
     * Returns a stream that has ended, with these events, for unit tests of code that reads streams. It needs neither a
     * server nor a network. No bean finds its id, and {@link #cancel} has no effect.
     *
     * <p>Events after the terminal event are ignored. If no event is terminal, the stream fails with an
     * {@code api_error}, like every stream whose answer breaks off.
     *
     * @param events copied; {@link StreamEvent#of} creates an event from the name and data of the wire format
     */
    static ClaudeStream of(Iterable<StreamEvent> events) {
        return EndedStream.of(events);
    }

    /** Returns a stream that has ended, with these events, like {@link #of(Iterable)}. */
    static ClaudeStream of(StreamEvent... events) {
        return of(List.of(events));
    }

    /**
     * Returns a stream that has ended and whose message is this text, for unit tests of code that reads streams. It has
     * one text block with an event for each word. The stop reason is {@code end_turn}.
     */
    static ClaudeStream ofText(String text) {
        return EndedStream.ofText(text);
    }

    /**
     * Returns a stream that failed, for unit tests of code that reads streams. Its last event is {@code error}.
     *
     * @param textBefore the text before the failure; empty for a stream that failed before {@code message_start}
     * @param failure returned by {@link #error}
     */
    static ClaudeStream failed(String textBefore, ClaudeException failure) {
        return EndedStream.failed(textBefore, failure);
    }

    /** Returns the id, which cannot be guessed. It is the id in {@code GET /v1/streams/{id}}. */
    String id();

    /** Returns the name of the caller that may see the stream. */
    String owner();

    /** Returns the application's own id for the stream ({@code RequestOptions.withCorrelation}); empty without one. */
    Optional<String> correlation();

    Instant createdAt();

    /** Returns the time of the end; empty while the stream runs. */
    Optional<Instant> endedAt();

    StreamStatus status();

    /** Returns the number of events so far. */
    int eventCount();

    /** Returns the bytes of all events so far, as they were received. */
    long length();

    /** Returns the number of clients that watch the stream now. */
    int subscribers();

    /**
     * Returns all events from the first, typed. Each iterator reads independently, and blocks until the next event
     * arrives. The last event is {@link StreamEvent.MessageStop} or {@link StreamEvent.Error}.
     */
    Iterable<StreamEvent> events();

    /**
     * Returns the text of all text blocks, piece by piece, as it arrives. It blocks while it waits. No piece ends
     * within a surrogate pair: if two events split a character, the second piece contains it. An unpaired half is the
     * last piece.
     *
     * @throws ClaudeException from the terminal operation of the {@code Stream}, if an error ends the message
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
     * Waits for the end of the stream, and returns the complete message.
     *
     * @throws ClaudeException if the stream failed; its {@linkplain ClaudeException#kind() kind} is the reason
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

    /**
     * Returns the error for a reader. It has the stack trace of the reader, and the cause and details of the failure.
     */
    private ClaudeException failure(StreamEvent.Error event) {
        return error().map(known -> known.withCause(known.getCause())).orElseGet(event::exception);
    }

    /** Returns the message so far, also of a stream that failed; empty before {@code message_start}. */
    Optional<Message> messageSoFar();

    /**
     * Returns the message without its content: its usage and stop reason, as far as Claude has reported them. It is
     * cheaper than {@link #messageSoFar}. Empty before {@code message_start}.
     */
    Optional<Message> frame();

    /** Returns the error that ended the stream; empty if it runs or is complete. */
    Optional<ClaudeException> error();

    /** Returns the recovery mode, which applies if the answer breaks off. */
    RecoveryMode recovery();

    /** Returns the places at which the answer broke off and was continued, in order. */
    List<Recovery> recoveries();

    /**
     * Cancels the stream and the request to Claude. Watchers get an {@code error} event. It has no effect on a stream
     * that has ended.
     */
    void cancel();
}
