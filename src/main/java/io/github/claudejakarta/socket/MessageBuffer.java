package io.github.claudejakarta.socket;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A message while it arrives, in pieces, so that its growth copies nothing.
 *
 * <p>Used by one thread.
 */
final class MessageBuffer {

    private static final int SMALLEST = 1 << 10;
    private static final int LARGEST = 256 << 10;

    private final Deque<byte[]> pieces = new ArrayDeque<>();
    private int used;
    private long length;
    private long capacity;

    /** Returns the bytes of memory that this takes once so many more have been added. */
    long capacityWith(int more) {
        long rest = pieces.isEmpty() ? 0 : pieces.getLast().length - used;
        return more <= rest ? capacity : capacity + nextPiece(more - rest);
    }

    private int nextPiece(long needed) {
        return (int) Math.max(needed, Math.min(LARGEST, Math.max(SMALLEST, capacity)));
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

    /** Returns the bytes of memory that this takes. */
    long capacity() {
        return capacity;
    }

    /** Returns the whole message, and forgets it; meanwhile both are in memory. */
    byte[] join() {
        var whole = new byte[(int) length];
        int at = 0;
        while (!pieces.isEmpty()) {
            byte[] piece = pieces.remove();
            int count = pieces.isEmpty() ? used : piece.length;
            System.arraycopy(piece, 0, whole, at, count);
            at += count;
        }
        forget();
        return whole;
    }

    void forget() {
        pieces.clear();
        used = 0;
        length = 0;
        capacity = 0;
    }
}
