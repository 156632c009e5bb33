package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A piece of a {@link StreamLog}: the bytes of consecutive events, without an object for each event. A server stores
 * hundreds of thousands of events, and as objects they would burden the garbage collector. When the stream has ended,
 * the bytes are compressed (deflated) to about a tenth, and inflated again for each reader.
 *
 * <p>Guarded by the log's lock. The bytes up to {@code used} never change and may be read without the lock.
 */
final class LogSegment {

    private static final int MIN_BYTES = 2 << 10;
    private static final int MAX_BYTES = 8 << 10;

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
        return new LogSegment(MIN_BYTES, 0);
    }

    /** Adds an event. Returns the segment that contains it: this one, or a new one if it did not fit. */
    LogSegment add(ServerSentEvent event) {
        if (bytes.length - used < event.size()) {
            next = new LogSegment(Math.max(event.size(), Math.min(2 * bytes.length, MAX_BYTES)), end());
            return next.add(event);
        }
        event.copyTo(bytes, used);
        used += event.size();
        count++;
        return this;
    }

    /** Releases unused memory, because no event follows. Readers of the old array may continue. */
    void trim() {
        bytes = Arrays.copyOf(bytes, used);
    }

    /**
     * Returns the compressed bytes of a log that has ended. Only one caller may do this, and it does not need the log's
     * lock. The bytes stay uncompressed if compression saves less than a quarter. They also stay uncompressed if one
     * large event fills the segment, because inflating it under the log's lock would take too long.
     */
    byte[] deflated(Deflater deflater) {
        if (used > MAX_BYTES) {
            return bytes;
        }
        byte[] target = new byte[used - used / 4];
        deflater.reset();
        deflater.setInput(bytes, 0, used);
        deflater.finish();
        int size = deflater.deflate(target);
        return deflater.finished() ? Arrays.copyOf(target, size) : bytes;
    }

    /** Replaces the bytes with the result of {@link #deflated}. Readers of the old array may continue. */
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
                throw new IllegalStateException("A compressed log is shorter than before");
            }
            return inflated;
        } catch (DataFormatException e) {
            throw new IllegalStateException("A compressed log cannot be inflated", e);
        } finally {
            inflater.end();
        }
    }

    /** Returns the memory of the segment, used or not. */
    int capacity() {
        return bytes.length;
    }

    /** Returns the sequence number of the first event after the segment. */
    int end() {
        return sequence + count;
    }

    LogSegment next() {
        return next;
    }

    /**
     * Returns the events from a sequence number on.
     *
     * @param isLast whether the log has ended with this segment
     */
    EventRun from(int position, boolean isLast) {
        return new EventRun(inflated(), 0, used, sequence, count, isLast).skip(position - sequence);
    }

    /** Returns the events from a sequence number on, if the index of its first byte is known. */
    EventRun from(int position, int offset, boolean isLast) {
        return new EventRun(inflated(), offset, used, position, end() - position, isLast);
    }
}
