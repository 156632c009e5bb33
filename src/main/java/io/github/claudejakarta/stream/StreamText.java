package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ContentDelta;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.TextPieces;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.List;
import java.util.Optional;

/**
 * The text of a stream's events, piece by piece. No piece ends within a surrogate pair: the first half of a character
 * that comes in two events is in the piece of the second.
 *
 * <p>Not safe for use by several threads.
 */
public final class StreamText {

    private final TextPieces pieces = new TextPieces();

    /** Reads events that the client has had. Where their text ends with half a character, that half is waiting. */
    public void skip(List<ServerSentEvent> events) {
        for (ServerSentEvent event : events) {
            next(StreamEvent.of(event.name(), event.data()));
        }
    }

    /**
     * Returns the text of the next event, with the half of a character that was waiting.
     *
     * @return empty for an event without text; an empty string where all of the event's text is waiting
     */
    public Optional<String> next(StreamEvent event) {
        return event instanceof StreamEvent.ContentBlockDelta delta
                        && delta.delta() instanceof ContentDelta.TextDelta text
                ? Optional.of(pieces.next(text.text()))
                : Optional.empty();
    }

    /** Returns the half of a character that is waiting when the text has ended; mostly empty. */
    public String rest() {
        return pieces.rest();
    }
}
