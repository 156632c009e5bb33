package io.github.claudejakarta.batch;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Reads lines of bytes without copying them. Each call of {@link #next()} reads a line. Until the next call,
 * {@link #buffer()}, {@link #start()} and {@link #length()} locate the line. A line may end in LF or CR LF.
 */
final class LineReader {

    private static final int INITIAL = 64 << 10;
    /** A buffer that is larger than this, because of one long line, is replaced by one of this size. */
    private static final int LARGE = 1 << 20;

    private final InputStream in;
    private final int longest;
    private final LongConsumer memory;
    private byte[] buffer;
    private int start;
    private int end;
    private int filled;
    private int next;
    private boolean isTerminated;

    /**
     * @param longest maximum size of a line in bytes
     * @param memory receives the total size of the buffer in bytes, before the buffer is allocated; may throw an
     *     exception to reject it
     */
    LineReader(InputStream in, int longest, LongConsumer memory) {
        this.in = in;
        this.longest = longest;
        this.memory = memory;
        memory.accept(INITIAL);
        this.buffer = new byte[INITIAL];
    }

    /**
     * Reads the next line. The last line of the input may lack its line end.
     *
     * @return whether a line was read; false at the end of the input
     * @throws LineTooLong if the line is longer than allowed
     */
    boolean next() throws IOException {
        start = next;
        if (buffer.length > LARGE && filled - start < LARGE) {
            moveTo(new byte[LARGE]);
            memory.accept(LARGE);
        }
        int searched = start;
        while (true) {
            for (int at = searched; at < filled; at++) {
                if (buffer[at] == '\n') {
                    endLine(at, at + 1, true);
                    return true;
                }
            }
            searched = filled;
            int moved = makeRoom();
            searched -= moved;
            int count = in.read(buffer, filled, buffer.length - filled);
            if (count < 0) {
                endLine(filled, filled, false);
                return filled > start;
            }
            filled += count;
        }
    }

    private void endLine(int lineEnd, int nextStart, boolean hasLineEnd) {
        end = lineEnd > start && buffer[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
        next = nextStart;
        isTerminated = hasLineEnd;
    }

    /**
     * Makes space in the buffer.
     *
     * @return the number of bytes by which the content of the buffer moved towards its beginning
     */
    private int makeRoom() throws IOException {
        if (filled < buffer.length) {
            return 0;
        }
        int moved = start;
        if (moved > 0) {
            moveTo(buffer);
            return moved;
        }
        if (buffer.length >= longest) {
            throw new LineTooLong(longest);
        }
        int larger = (int) Math.min(2L * buffer.length, longest);
        memory.accept((long) larger + buffer.length);
        moveTo(new byte[larger]);
        memory.accept(larger);
        return 0;
    }

    /** Moves the line to the beginning of a buffer, and drops the bytes before it. */
    private void moveTo(byte[] target) {
        System.arraycopy(buffer, start, target, 0, filled - start);
        buffer = target;
        filled -= start;
        next -= start;
        start = 0;
    }

    /** Returns the size of the buffer in bytes. */
    int capacity() {
        return buffer.length;
    }

    byte[] buffer() {
        return buffer;
    }

    int start() {
        return start;
    }

    int length() {
        return end - start;
    }

    byte[] line() {
        return Arrays.copyOfRange(buffer, start, end);
    }

    boolean isBlank() {
        for (int at = start; at < end; at++) {
            if (buffer[at] > ' ' || buffer[at] < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns whether the line has a line end. The last line of a body may lack it, and the last line of a body that
     * broke off always does.
     */
    boolean isTerminated() {
        return isTerminated;
    }

    /** A line is longer than allowed. */
    static final class LineTooLong extends IOException {

        private static final long serialVersionUID = 1;

        LineTooLong(int longest) {
            super("The line is longer than " + longest + " bytes");
        }
    }
}
