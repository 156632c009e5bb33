package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ContentDelta;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Creates the events of one client of a broadcast from the events of a stream.
 *
 * <p>Not safe for use by several threads.
 */
interface EventForm {

    /** Reads the last events that the client received before. */
    default void skip(List<ServerSentEvent> before) {}

    /** Returns the client's event for the next event; empty for none. */
    Optional<BroadcastEvent> next(StreamEvent event);

    /** Returns a form that sends pieces of text, and the error that ends the stream. */
    static EventForm text(Optional<String> name) {
        return new EventForm() {

            private final StreamText text = new StreamText();

            @Override
            public void skip(List<ServerSentEvent> before) {
                text.skip(before);
            }

            @Override
            public Optional<BroadcastEvent> next(StreamEvent event) {
                if (event instanceof StreamEvent.Error error) {
                    return Optional.of(error(error));
                }
                String piece = event instanceof StreamEvent.MessageStop
                        ? text.rest()
                        : text.next(event).orElse("");
                return Optional.of(Surrogates.replaced(piece))
                        .filter(some -> !some.isEmpty())
                        .map(some -> new BroadcastEvent(name, some));
            }
        };
    }

    /**
     * Returns a form that sends the events that a function of the application returns. An error for which the function
     * returns nothing is sent unchanged.
     */
    static EventForm of(Function<StreamEvent, Optional<BroadcastEvent>> function) {
        return new EventForm() {

            private final StreamText text = new StreamText();

            @Override
            public void skip(List<ServerSentEvent> before) {
                text.skip(before);
            }

            @Override
            public Optional<BroadcastEvent> next(StreamEvent event) {
                Optional<BroadcastEvent> own = function.apply(whole(event));
                return own.isEmpty() && event instanceof StreamEvent.Error error ? Optional.of(error(error)) : own;
            }

            /** Returns the event with its text as {@link StreamText} splits it. */
            private StreamEvent whole(StreamEvent event) {
                Optional<String> piece = text.next(event);
                if (event instanceof StreamEvent.ContentBlockDelta delta
                        && delta.delta() instanceof ContentDelta.TextDelta received
                        && piece.filter(cut -> !cut.equals(received.text())).isPresent()) {
                    JsonObject whole = Json.createObjectBuilder(received.json())
                            .add("text", piece.get())
                            .build();
                    return new StreamEvent.ContentBlockDelta(Json.createObjectBuilder(delta.json())
                            .add("delta", whole)
                            .build());
                }
                return event;
            }
        };
    }

    private static BroadcastEvent error(StreamEvent.Error error) {
        return BroadcastEvent.of("error", error.json().toString());
    }
}
