package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * Events that follow each other in a log, as the bytes they have on the wire: a view, which costs nothing until
 * somebody asks for an event of it.
 *
 * @param bytes of the log; not to be changed
 * @param from where the first event begins
 * @param to where the last one ends
 * @param sequence the sequence number of the first event
 * @param count how many there are
 * @param endsLog whether the log has ended and has no events after these: the last of them, if there is one, is
 *     terminal
 */
public record EventRun(byte[] bytes, int from, int to, int sequence, int count, boolean endsLog) {

    /** No events so far. */
    static final EventRun NONE = new EventRun(new byte[0], 0, 0, 0, 0, false);

    /** No events any more. */
    static final EventRun END = new EventRun(new byte[0], 0, 0, 0, 0, true);

    public boolean isEmpty() {
        return count == 0;
    }

    /** The sequence number of the event that comes after these. */
    public int next() {
        return sequence + count;
    }

    /** Each for itself. */
    public List<ServerSentEvent> events() {
        var events = new ArrayList<ServerSentEvent>(count);
        for (int at = from; at < to; ) {
            int end = frameEnd(at);
            events.add(ServerSentEvent.in(bytes, at, end));
            at = end;
        }
        return events;
    }

    /** A run of the first events of these. */
    EventRun first(int events) {
        return new EventRun(bytes, from, skip(events).from, sequence, events, endsLog && events == count);
    }

    /** A run of these events without the first ones. */
    EventRun skip(int events) {
        int at = from;
        for (int i = 0; i < events; i++) {
            at = frameEnd(at);
        }
        return new EventRun(bytes, at, to, sequence + events, count - events, endsLog);
    }

    /** A frame ends with the first blank line: its lines are never empty. */
    private int frameEnd(int at) {
        while (bytes[at] != '\n' || bytes[at + 1] != '\n') {
            at++;
        }
        return at + 2;
    }
}
