package io.github.claudejakarta.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads a body into one array. If its length is known, this array is the only memory. Otherwise the body is collected
 * in pieces, which need twice as much memory while they are joined. The memory is reserved before it is allocated.
 */
public final class WholeBody {

    private static final int MIN_PIECE = 8 << 10;
    private static final int MAX_PIECE = 1 << 20;

    private WholeBody() {}

    /**
     * Reads a body to its end, or to one byte beyond the limit.
     *
     * @param declared the announced length in bytes, at most the limit; negative without one. A shorter body is not an
     *     error here
     * @param limit the limit in bytes
     * @return the body; it is longer than the limit if the body is
     */
    public static byte[] read(InputStream in, long declared, int limit, MemoryReservation memory) throws IOException {
        if (declared >= 0) {
            memory.exactly(declared);
            byte[] body = new byte[(int) declared];
            int count = in.readNBytes(body, 0, body.length);
            return count == body.length ? body : Arrays.copyOf(body, count);
        }
        var pieces = new ArrayList<byte[]>();
        long reserved = 0;
        int read = 0;
        while (read <= limit) {
            int size = (int) Math.min(Math.max(MIN_PIECE, Math.min(reserved, MAX_PIECE)), limit + 1L - read);
            reserved += size;
            memory.exactly(reserved);
            byte[] piece = new byte[size];
            int count = in.readNBytes(piece, 0, size);
            read += count;
            pieces.add(piece);
            if (count < size) {
                break;
            }
        }
        return joined(pieces, read, reserved, memory);
    }

    private static byte[] joined(List<byte[]> pieces, int length, long reserved, MemoryReservation memory) {
        memory.exactly(reserved + length);
        byte[] body = new byte[length];
        int at = 0;
        for (byte[] piece : pieces) {
            int count = Math.min(piece.length, length - at);
            System.arraycopy(piece, 0, body, at, count);
            at += count;
        }
        pieces.clear();
        memory.exactly(length);
        return body;
    }
}
