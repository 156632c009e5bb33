package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ContentDelta;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.TextPieces;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.List;
import java.util.Optional;

/**
 * The text of a stream's events, piece by piece. No piece ends within a surrogate pair: if two events split a
 * character, the second piece contains it.
 *
 * <p>Not safe for use by several threads.
 */
public final class StreamText {

    private final TextPieces pieces = new TextPieces();

    /** Reads events that the client has received. If their text ends with half of a character, that half waits. */
    public void skip(List<ServerSentEvent> events) {
        for (ServerSentEvent event : events) {
            next(StreamEvent.of(event.name(), event.data()));
        }
    }

    /**
     * Returns the text of the next event, with the waiting half of a character.
     *
     * @return empty for an event without text; an empty string if all of the event's text waits
     */
    public Optional<String> next(StreamEvent event) {
        return event instanceof StreamEvent.ContentBlockDelta delta
                        && delta.delta() instanceof ContentDelta.TextDelta text
                ? Optional.of(pieces.next(text.text()))
                : Optional.empty();
    }

    /** Returns the waiting half of a character after the end of the text; usually empty. */
    public String rest() {
        return pieces.rest();
    }
}
