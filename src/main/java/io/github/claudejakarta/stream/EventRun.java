package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * Consecutive events of a log, as their bytes on the wire. It is a view: it costs nothing until an event is read from
 * it.
 *
 * @param bytes the bytes of the log; must not be changed
 * @param from the index at which the first event begins
 * @param to the index at which the last event ends
 * @param sequence the sequence number of the first event
 * @param count the number of events
 * @param endsLog whether the log has ended and has no events after these. The last of these events, if any, is then
 *     terminal
 */
public record EventRun(byte[] bytes, int from, int to, int sequence, int count, boolean endsLog) {

    /** No events yet. */
    static final EventRun NONE = new EventRun(new byte[0], 0, 0, 0, 0, false);

    /** No events, and none will follow. */
    static final EventRun END = new EventRun(new byte[0], 0, 0, 0, 0, true);

    public boolean isEmpty() {
        return count == 0;
    }

    /** Returns the sequence number of the event after these. */
    public int next() {
        return sequence + count;
    }

    /** Returns the events as objects. */
    public List<ServerSentEvent> events() {
        var events = new ArrayList<ServerSentEvent>(count);
        for (int at = from; at < to; ) {
            int end = frameEnd(at);
            events.add(ServerSentEvent.in(bytes, at, end));
            at = end;
        }
        return events;
    }

    /** Returns a run of the first events. */
    EventRun first(int events) {
        return new EventRun(bytes, from, skip(events).from, sequence, events, endsLog && events == count);
    }

    /** Returns a run without the first events. */
    EventRun skip(int events) {
        int at = from;
        for (int i = 0; i < events; i++) {
            at = frameEnd(at);
        }
        return new EventRun(bytes, at, to, sequence + events, count - events, endsLog);
    }

    /** Returns the end of a frame: its first blank line, because its lines are never empty. */
    private int frameEnd(int at) {
        while (bytes[at] != '\n' || bytes[at + 1] != '\n') {
            at++;
        }
        return at + 2;
    }
}
