package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;

/**
 * Where a client was.
 *
 * @param name of the header or parameter that says so
 * @param value the sequence number of the last event it had; -1 for none
 */
public record LastEventId(String name, int value) {

    private static final String HEADER = "Last-Event-ID";
    private static final LastEventId NONE = new LastEventId(HEADER, -1);

    /**
     * @param header {@code Last-Event-ID}, which wins because a browser that reconnects repeats the URL
     * @param after the query parameter
     * @throws ClaudeException {@code invalid_request_error} for what is no sequence number
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
     * The sequence number of the event to go on with.
     *
     * @throws ClaudeException {@code invalid_request_error} for an event that the stream has not had
     */
    public int next(ClaudeStream stream) {
        return next(stream.eventCount());
    }

    /** @param events how many there have been so far */
    int next(int events) {
        if (value >= events) {
            throw invalid(name + ": The stream has had no event " + value + " so far; its events: " + events
                    + ", numbered from 0");
        }
        return value + 1;
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }
}
