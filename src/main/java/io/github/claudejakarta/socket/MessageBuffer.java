package io.github.claudejakarta.socket;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The message that is arriving, in pieces, so that it grows without being copied.
 *
 * <p>Used by one thread.
 */
final class MessageBuffer {

    private static final int MIN_PIECE = 1 << 10;
    private static final int MAX_PIECE = 256 << 10;

    private final Deque<byte[]> pieces = new ArrayDeque<>();
    private int used;
    private long length;
    private long capacity;

    /** Returns the memory in bytes that the buffer needs with this many more bytes. */
    long capacityWith(int more) {
        long rest = pieces.isEmpty() ? 0 : pieces.getLast().length - used;
        return more <= rest ? capacity : capacity + nextPiece(more - rest);
    }

    private int nextPiece(long needed) {
        return (int) Math.max(needed, Math.min(MAX_PIECE, Math.max(MIN_PIECE, capacity)));
    }

    void add(byte[] bytes, int offset, int count) {
        int rest = pieces.isEmpty() ? 0 : pieces.getLast().length - used;
        int first = Math.min(rest, count);
        if (first > 0) {
            System.arraycopy(bytes, offset, pieces.getLast(), used, first);
            used += first;
        }
        if (count > first) {
            var piece = new byte[nextPiece(count - first)];
            System.arraycopy(bytes, offset + first, piece, 0, count - first);
            pieces.add(piece);
            capacity += piece.length;
            used = count - first;
        }
        length += count;
    }

    long length() {
        return length;
    }

    /** Returns the memory of the buffer in bytes. */
    long capacity() {
        return capacity;
    }

    /** Returns the whole message, and clears the buffer. During the call, both are in memory. */
    byte[] join() {
        var whole = new byte[(int) length];
        int at = 0;
        while (!pieces.isEmpty()) {
            byte[] piece = pieces.remove();
            int count = pieces.isEmpty() ? used : piece.length;
            System.arraycopy(piece, 0, whole, at, count);
            at += count;
        }
        clear();
        return whole;
    }

    void clear() {
        pieces.clear();
        used = 0;
        length = 0;
        capacity = 0;
    }
}
