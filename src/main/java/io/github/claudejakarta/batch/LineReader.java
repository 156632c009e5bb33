package io.github.claudejakarta.batch;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Lines of bytes, without copying them: {@link #next()} moves on, and the line is where {@link #buffer()},
 * {@link #start()} and {@link #length()} say, until the next call. A line may end in LF or CR LF.
 */
final class LineReader {

    private static final int INITIAL = 64 << 10;
    /** A buffer that one long line has made larger is made small again. */
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
     * @param longest bytes of a line
     * @param memory told how many bytes the buffer takes, in all, before it takes them; may refuse by an exception of
     *     its own
     */
    LineReader(InputStream in, int longest, LongConsumer memory) {
        this.in = in;
        this.longest = longest;
        this.memory = memory;
        memory.accept(INITIAL);
        this.buffer = new byte[INITIAL];
    }

    /**
     * Goes on to the next line.
     *
     * @return whether there is one; at the end of the input also the last one, if it is not empty and lacks its line
     *     end
     * @throws LineTooLong if it is longer than allowed
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
                    take(at, at + 1, true);
                    return true;
                }
            }
            searched = filled;
            int moved = makeRoom();
            searched -= moved;
            int count = in.read(buffer, filled, buffer.length - filled);
            if (count < 0) {
                take(filled, filled, false);
                return filled > start;
            }
            filled += count;
        }
    }

    private void take(int lineEnd, int nextStart, boolean hasLineEnd) {
        end = lineEnd > start && buffer[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
        next = nextStart;
        isTerminated = hasLineEnd;
    }

    /** @return by how much what is in the buffer was moved towards its beginning */
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

    /** Lets go of the bytes before the line. */
    private void moveTo(byte[] target) {
        System.arraycopy(buffer, start, target, 0, filled - start);
        buffer = target;
        filled -= start;
        next -= start;
        start = 0;
    }

    /** How many bytes its buffer takes. */
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

    /** Whether the line had its end. The last one of a body need not, and of a body that broke off it does not. */
    boolean isTerminated() {
        return isTerminated;
    }

    /** A line that is longer than allowed. */
    static final class LineTooLong extends IOException {

        private static final long serialVersionUID = 1;

        LineTooLong(int longest) {
            super("The line is longer than " + longest + " bytes");
        }
    }
}
