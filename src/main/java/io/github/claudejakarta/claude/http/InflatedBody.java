package io.github.claudejakarta.claude.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decodes a body as it arrives. The coding is {@code gzip} (RFC 1952, with one or several members) or {@code deflate}.
 * RFC 9110 requires the zlib format (RFC 1950) for {@code deflate}; the bare deflate data (RFC 1951) of some servers is
 * accepted too.
 *
 * <p>A read returns all data that can be decoded from the bytes that have arrived, so that no event is delayed. A body
 * that ends before its coded data is complete is an {@link EOFException}, like a broken connection. A body that is
 * corrupt, has a wrong checksum, or continues after its end is an {@link UndecodableBody}. Java's
 * {@code GZIPInputStream} accepts such bodies as complete if the bytes after a member have not arrived yet.
 *
 * <p>It uses 4 KB of heap, and about 40 KB outside the heap, until {@link #close}. The size of the decoded data is not
 * limited here. For use by one thread at a time; another thread may call {@code close}.
 */
final class InflatedBody extends InputStream {

    private static final int BUFFER = 4 << 10;

    private static final int GZIP_ID1 = 0x1f;
    private static final int GZIP_ID2 = 0x8b;
    private static final int GZIP_DEFLATE = 8;
    private static final int GZIP_CHECKED_HEADER = 2;
    private static final int GZIP_EXTRA = 4;
    private static final int GZIP_NAME = 8;
    private static final int GZIP_COMMENT = 16;
    private static final int GZIP_MTIME_XFL_OS = 6;

    private static final int ZLIB_DEFLATE = 8;
    private static final int ZLIB_CHECK = 31;

    private final InputStream in;
    private final boolean isGzip;
    private final Runnable onArrival;
    /** Received bytes; those from {@code at} to {@code end} are not decoded yet. */
    private final byte[] buffer = new byte[BUFFER];

    private int at;
    private int end;

    /** The decoder of the current data; null before, between and after data. */
    private Inflater inflater;

    private final CRC32 checksum = new CRC32();
    private boolean hasBegun;
    private boolean hasEnded;
    private boolean isClosed;

    /**
     * @param coding {@code gzip} or {@code deflate}
     * @param onArrival is run whenever bytes have arrived, even if they do not produce any output
     */
    InflatedBody(InputStream in, String coding, Runnable onArrival) {
        this.in = in;
        this.isGzip = coding.equals("gzip");
        this.onArrival = onArrival;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!hasEnded) {
            if (inflater == null) {
                begin();
            } else {
                int count = inflate(target, offset, length);
                if (count > 0) {
                    checksum.update(target, offset, count);
                    return count;
                }
            }
        }
        return -1;
    }

    /** Begins the next member of gzip or the data of deflate, or detects the end. */
    private void begin() throws IOException {
        boolean hasMore = at < end || receive();
        if (hasBegun && !hasMore) {
            hasEnded = true;
            return;
        }
        if (!hasMore) {
            throw tooShort();
        }
        if (hasBegun && !isGzip) {
            throw corrupt("bytes follow its end");
        }
        hasBegun = true;
        boolean isBare = isGzip || !hasZlibHeader();
        if (isGzip) {
            skipGzipHeader();
        }
        open(new Inflater(isBare));
    }

    private void skipGzipHeader() throws IOException {
        if (next() != GZIP_ID1 || next() != GZIP_ID2 || next() != GZIP_DEFLATE) {
            throw corrupt("it has no gzip header");
        }
        int flags = next();
        skip(GZIP_MTIME_XFL_OS);
        if ((flags & GZIP_EXTRA) != 0) {
            skip(next() | next() << 8);
        }
        for (int field : new int[] {GZIP_NAME, GZIP_COMMENT}) {
            while ((flags & field) != 0 && next() != 0) {
                // Skips the field up to its final zero.
            }
        }
        if ((flags & GZIP_CHECKED_HEADER) != 0) {
            skip(2);
        }
    }

    /**
     * Whether the first two bytes are a zlib header. Bare data could match only with an unusual stored block at its
     * beginning.
     */
    private boolean hasZlibHeader() throws IOException {
        while (end - at < 2) {
            if (!receive()) {
                return false;
            }
        }
        int first = buffer[at] & 0xff;
        int second = buffer[at + 1] & 0xff;
        return (first & 0xf) == ZLIB_DEFLATE && first >> 4 <= 7 && (first << 8 | second) % ZLIB_CHECK == 0;
    }

    private int inflate(byte[] target, int offset, int length) throws IOException {
        boolean isFinished;
        long decoded;
        synchronized (this) {
            requireOpen();
            try {
                int count = inflater.inflate(target, offset, length);
                if (count > 0) {
                    return count;
                }
            } catch (DataFormatException e) {
                throw corrupt(e.getMessage());
            }
            isFinished = inflater.finished();
            decoded = inflater.getBytesWritten();
            if (inflater.needsDictionary()) {
                throw corrupt("it requires a dictionary");
            }
        }
        if (isFinished) {
            end(decoded);
        } else {
            at = end;
            if (!receive()) {
                throw tooShort();
            }
            setInput();
        }
        return 0;
    }

    private void end(long decoded) throws IOException {
        synchronized (this) {
            at = end - inflater.getRemaining();
            inflater.end();
            inflater = null;
        }
        if (isGzip && (word() != checksum.getValue() || word() != (decoded & 0xffff_ffffL))) {
            throw corrupt("its checksum or its length is wrong");
        }
        checksum.reset();
    }

    private synchronized void open(Inflater opened) throws IOException {
        inflater = opened;
        requireOpen();
        inflater.setInput(buffer, at, end - at);
    }

    private synchronized void setInput() throws IOException {
        requireOpen();
        inflater.setInput(buffer, at, end - at);
    }

    private void requireOpen() throws IOException {
        if (isClosed) {
            inflater.end();
            throw new IOException("The body is closed");
        }
    }

    /** Reads a number of four bytes, the lowest byte first. */
    private long word() throws IOException {
        return next() | next() << 8 | next() << 16 | (long) next() << 24;
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            next();
        }
    }

    private int next() throws IOException {
        if (at == end && !receive()) {
            throw tooShort();
        }
        return buffer[at++] & 0xff;
    }

    /** @return whether more bytes arrived; bytes that are not decoded yet stay */
    private boolean receive() throws IOException {
        if (at == end) {
            at = end = 0;
        }
        int count = in.read(buffer, end, buffer.length - end);
        if (count < 0) {
            return false;
        }
        end += count;
        onArrival.run();
        return true;
    }

    private EOFException tooShort() {
        return new EOFException("the body ended before its " + coding() + " data was complete");
    }

    private UndecodableBody corrupt(String why) {
        return new UndecodableBody(
                "Claude's answer cannot be decoded: its " + coding() + " data is corrupt (" + why + ")");
    }

    private String coding() {
        return isGzip ? "gzip" : "deflate";
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            isClosed = true;
            if (inflater != null) {
                inflater.end();
            }
        }
        in.close();
    }
}
