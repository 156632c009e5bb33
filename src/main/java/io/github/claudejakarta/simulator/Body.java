package io.github.claudejakarta.simulator;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** A request's body, in pieces of equal length. A large body is not copied, and needs no contiguous memory. */
final class Body {

    /** The size of a piece: no garbage collector treats it as a large object. */
    private static final int PIECE = 64 << 10;

    private final List<byte[]> pieces = new ArrayList<>();
    private int length;

    /** Appends exactly {@code count} bytes. Allocates memory for bytes that arrive, not for the announced length. */
    void read(InputStream in, int count) throws IOException {
        for (var left = count; left > 0; ) {
            var piece = pieceFor(left);
            var from = length % PIECE;
            var some = Math.min(left, piece.length - from);
            if (in.readNBytes(piece, from, some) < some) {
                throw new EOFException();
            }
            length += some;
            left -= some;
        }
    }

    private byte[] pieceFor(int count) {
        var used = length % PIECE;
        if (used == 0) {
            pieces.add(new byte[Math.min(count, PIECE)]);
        }
        var last = pieces.size() - 1;
        if (used == pieces.get(last).length) {
            pieces.set(last, Arrays.copyOf(pieces.get(last), Math.min(PIECE, Math.max(2 * used, used + count))));
        }
        return pieces.get(last);
    }

    int length() {
        return length;
    }

    byte at(int index) {
        return pieces.get(index / PIECE)[index % PIECE];
    }

    Slice slice(int from, int to) {
        return new Slice(this, from, to);
    }

    Slice all() {
        return slice(0, length);
    }

    /** A part of a body. It keeps the complete body in memory. */
    record Slice(Body body, int from, int to) {

        Slice {
            Objects.checkFromToIndex(from, to, body.length);
        }

        int length() {
            return to - from;
        }

        InputStream open() {
            return new Reader(body, from, to);
        }

        String text() {
            var bytes = new byte[length()];
            new Reader(body, from, to).read(bytes, 0, bytes.length);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static final class Reader extends InputStream {

        private final Body body;
        private final int end;
        private int at;

        Reader(Body body, int from, int to) {
            this.body = body;
            at = from;
            end = to;
        }

        @Override
        public int read() {
            return at < end ? body.at(at++) & 0xff : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) {
            if (at == end && count > 0) {
                return -1;
            }
            var wanted = Math.min(count, end - at);
            for (var done = 0; done < wanted; ) {
                var some = Math.min(wanted - done, PIECE - at % PIECE);
                System.arraycopy(body.pieces.get(at / PIECE), at % PIECE, bytes, offset + done, some);
                done += some;
                at += some;
            }
            return wanted;
        }
    }
}
