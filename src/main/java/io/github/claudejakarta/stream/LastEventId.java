package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;

/**
 * The last event that a client received.
 *
 * @param name the name of the header or parameter with the number
 * @param value the sequence number of the last event; -1 without one
 */
public record LastEventId(String name, int value) {

    private static final String HEADER = "Last-Event-ID";
    private static final LastEventId NONE = new LastEventId(HEADER, -1);

    /**
     * Reads the last event of a client from its request.
     *
     * @param header {@code Last-Event-ID}. It takes precedence, because a browser that reconnects repeats the URL
     * @param after the query parameter
     * @throws ClaudeException {@code invalid_request_error} for a value that is not a sequence number
     */
    public static LastEventId of(String header, String after) {
        if (header != null && !header.isBlank()) {
            return parse(HEADER, header.strip());
        }
        return after == null || after.isBlank() ? NONE : parse("after", after.strip());
    }

    private static LastEventId parse(String name, String text) {
        if (text.matches("[0-9]{1,9}")) {
            return new LastEventId(name, Integer.parseInt(text));
        }
        throw invalid(name + ": Input should be the sequence number of an event, a whole number from 0, not " + text);
    }

    /**
     * Returns the sequence number of the event to continue with.
     *
     * @throws ClaudeException {@code invalid_request_error} for an event that does not exist yet
     */
    public int next(ClaudeStream stream) {
        return next(stream.eventCount());
    }

    /**
     * Returns the sequence number of the event to continue with.
     *
     * @param events the number of events so far
     */
    int next(int events) {
        if (value >= events) {
            throw invalid(name + ": the stream has no event " + value + " yet. It has " + events
                    + " events, numbered from 0.");
        }
        return value + 1;
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }
}
