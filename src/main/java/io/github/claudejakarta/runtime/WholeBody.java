package io.github.claudejakarta.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads a body into one array. Where its length is known that array is all it takes; otherwise it is collected in
 * pieces, and takes twice as much while they are put together. Either is asked for before it is taken.
 */
public final class WholeBody {

    private static final int SMALLEST = 8 << 10;
    private static final int LARGEST = 1 << 20;

    private WholeBody() {}

    /**
     * Reads a body to its end, or to one byte more than allowed.
     *
     * @param declared the length that was announced, in bytes, at most the limit; less than 0 where none was. What is
     *     missing of it is not an error here
     * @param limit in bytes
     * @return the body, longer than the limit where there is more of it
     */
    public static byte[] read(InputStream in, long declared, int limit, MemoryReservation room) throws IOException {
        if (declared >= 0) {
            room.exactly(declared);
            byte[] body = new byte[(int) declared];
            int count = in.readNBytes(body, 0, body.length);
            return count == body.length ? body : Arrays.copyOf(body, count);
        }
        var pieces = new ArrayList<byte[]>();
        long taken = 0;
        int read = 0;
        while (read <= limit) {
            int size = (int) Math.min(Math.max(SMALLEST, Math.min(taken, LARGEST)), limit + 1L - read);
            taken += size;
            room.exactly(taken);
            byte[] piece = new byte[size];
            int count = in.readNBytes(piece, 0, size);
            read += count;
            pieces.add(piece);
            if (count < size) {
                break;
            }
        }
        return joined(pieces, read, taken, room);
    }

    private static byte[] joined(List<byte[]> pieces, int length, long taken, MemoryReservation room) {
        room.exactly(taken + length);
        byte[] body = new byte[length];
        int at = 0;
        for (byte[] piece : pieces) {
            int count = Math.min(piece.length, length - at);
            System.arraycopy(piece, 0, body, at, count);
            at += count;
        }
        pieces.clear();
        room.exactly(length);
        return body;
    }
}
