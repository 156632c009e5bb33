package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Objects;
import java.util.Optional;

/**
 * An event of the application that a {@link Broadcast} sends to a client. The broadcast sets its {@code id}, from which
 * the client resumes.
 *
 * @param name the name of the Server-Sent Event, for which a page listens; empty for an unnamed event, which reaches a
 *     page's {@code onmessage}
 * @param data any text; it may be empty and have several lines. A carriage return, with or without a line feed after
 *     it, reaches the client as one line feed
 */
@PublicApi
public record BroadcastEvent(Optional<String> name, String data) {

    public BroadcastEvent {
        if (name.filter(text -> text.isEmpty() || text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0)
                .isPresent()) {
            throw new IllegalArgumentException("name must be one line of at least one character");
        }
        Objects.requireNonNull(data, "data");
    }

    /** Returns an unnamed event. */
    public static BroadcastEvent of(String data) {
        return new BroadcastEvent(Optional.empty(), data);
    }

    /** Returns an event with a name. */
    public static BroadcastEvent of(String name, String data) {
        return new BroadcastEvent(Optional.of(name), data);
    }
}
