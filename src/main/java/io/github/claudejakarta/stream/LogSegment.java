package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A piece of a {@link StreamLog}: the events' own bytes, one after the other, and no object for each. A server keeps
 * hundreds of thousands of events, and the garbage collector would have to look at every one. Of a stream that has
 * ended the bytes are kept deflated, to a tenth or so, and inflated anew for whoever reads them.
 *
 * <p>Guarded by the log's lock; the bytes up to {@code used} never change and may be read without it.
 */
final class LogSegment {

    private static final int SMALLEST = 2 << 10;
    private static final int LARGEST = 8 << 10;

    private byte[] bytes;
    private boolean isDeflated;
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

    /**
     * The bytes deflated, of a log that has ended and by one caller alone, who need not hold its lock; as they are
     * where that gains little, and where one large event fills a segment of its own, because inflating it would take
     * its time under the log's lock.
     */
    byte[] deflated(Deflater deflater) {
        if (used > LARGEST) {
            return bytes;
        }
        byte[] target = new byte[used - used / 4];
        deflater.reset();
        deflater.setInput(bytes, 0, used);
        deflater.finish();
        int size = deflater.deflate(target);
        return deflater.finished() ? Arrays.copyOf(target, size) : bytes;
    }

    /** Keeps what {@link #deflated} gave. Who reads the old array may go on doing so. */
    void replaceBy(byte[] deflated) {
        isDeflated |= deflated != bytes;
        bytes = deflated;
    }

    private byte[] inflated() {
        if (!isDeflated) {
            return bytes;
        }
        var inflater = new Inflater(true);
        try {
            byte[] inflated = new byte[used];
            inflater.setInput(bytes);
            if (inflater.inflate(inflated) < used) {
                throw new IllegalStateException("A kept log is shorter than it was");
            }
            return inflated;
        } catch (DataFormatException e) {
            throw new IllegalStateException("A kept log cannot be inflated", e);
        } finally {
            inflater.end();
        }
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

    /**
     * The events from a sequence number on.
     *
     * @param isLast whether the log has ended with this segment
     */
    EventRun from(int position, boolean isLast) {
        return new EventRun(inflated(), 0, used, sequence, count, isLast).skip(position - sequence);
    }

    /** The events from a sequence number on, where it is known at which byte the first of them begins. */
    EventRun from(int position, int offset, boolean isLast) {
        return new EventRun(inflated(), offset, used, position, end() - position, isLast);
    }
}
