package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.Arrays;

/**
 * A piece of a {@link StreamLog}: the events' own bytes, one after the other, and no object for each. A server keeps hundreds
 * of thousands of events, and the garbage collector would have to look at every one.
 *
 * <p>Guarded by the log's lock; the bytes up to {@code used} never change and may be read without it.
 */
final class LogSegment {

    private static final int SMALLEST = 2 << 10;
    private static final int LARGEST = 32 << 10;

    private byte[] bytes;
    private final int sequence;
    private int used;
    private int count;
    private LogSegment next;

    private LogSegment(int capacity, int sequence) {
        this.bytes = new byte[capacity];
        this.sequence = sequence;
    }

    static LogSegment first() {
        return new LogSegment(SMALLEST, 0);
    }

    /** The segment that has the event now: this one, or a new one after it where it did not fit. */
    LogSegment add(ServerSentEvent event) {
        if (bytes.length - used < event.size()) {
            next = new LogSegment(Math.max(event.size(), Math.min(2 * bytes.length, LARGEST)), end());
            return next.add(event);
        }
        event.copyTo(bytes, used);
        used += event.size();
        count++;
        return this;
    }

    /** Nothing more will come: what is not used is given back. Who reads the old array may go on doing so. */
    void trim() {
        bytes = Arrays.copyOf(bytes, used);
    }

    /** What it costs, used or not. */
    int capacity() {
        return bytes.length;
    }

    /** The sequence number of the first event after it. */
    int end() {
        return sequence + count;
    }

    LogSegment next() {
        return next;
    }

    /** What it has from this sequence number on. */
    EventRun from(int position) {
        return new EventRun(bytes, 0, used, sequence, count).skip(position - sequence);
    }

    /** The same where it is known at which byte that event begins. */
    EventRun from(int position, int offset) {
        return new EventRun(bytes, offset, used, position, end() - position);
    }
}
