package io.github.claudejakarta.claude.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A body without its content coding, decoded as it arrives: {@code gzip} (RFC 1952, one member or several) or
 * {@code deflate} (zlib's format, RFC 1950, as RFC 9110 has it, or the bare deflate data of RFC 1951 that some servers
 * send).
 *
 * <p>A read returns what can be decoded of the bytes that have arrived, so that an event is not held back. A body that
 * ends before its coding does is never an end, but an {@link EOFException}, like any other connection that breaks off.
 * One that is corrupt, has a wrong check sum, or continues after its end is an {@link UndecodableBody}. Java's
 * {@code GZIPInputStream} takes such bodies for whole where the bytes after a member have not arrived yet.
 *
 * <p>It takes 4 KB, and about 40 KB outside of the heap, until {@link #close}. What is decoded is not limited here. For
 * use by one thread at a time; {@code close} may be called by another.
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
    private final Runnable arrived;

    /** Received and not yet taken: from {@code at} to {@code end}. */
    private final byte[] buffer = new byte[BUFFER];

    private int at;
    private int end;

    /** Of the data that is being decoded; null before, between and after. */
    private Inflater inflater;

    private final CRC32 checksum = new CRC32();
    private boolean hasBegun;
    private boolean hasEnded;
    private boolean isClosed;

    /**
     * @param coding {@code gzip} or {@code deflate}
     * @param arrived run when bytes have arrived, also where they do not suffice for any output
     */
    InflatedBody(InputStream in, String coding, Runnable arrived) {
        this.in = in;
        this.isGzip = coding.equals("gzip");
        this.arrived = arrived;
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

    /** The next member of gzip, the only data of deflate, or the end. */
    private void begin() throws IOException {
        boolean isThere = at < end || receive();
        if (hasBegun && !isThere) {
            hasEnded = true;
            return;
        }
        if (!isThere) {
            throw tooShort();
        }
        if (hasBegun && !isGzip) {
            throw corrupt("it continues after its end");
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
            throw corrupt("it does not begin as gzip");
        }
        int flags = next();
        skip(GZIP_MTIME_XFL_OS);
        if ((flags & GZIP_EXTRA) != 0) {
            skip(next() | next() << 8);
        }
        for (int field : new int[] {GZIP_NAME, GZIP_COMMENT}) {
            while ((flags & field) != 0 && next() != 0) {
                // up to the zero that ends it
            }
        }
        if ((flags & GZIP_CHECKED_HEADER) != 0) {
            skip(2);
        }
    }

    /** Looks at the first two bytes: bare data would have to begin with an odd stored block to be taken for zlib's. */
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
        boolean isOver;
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
            isOver = inflater.finished();
            decoded = inflater.getBytesWritten();
            if (inflater.needsDictionary()) {
                throw corrupt("it needs a dictionary");
            }
        }
        if (isOver) {
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
            throw corrupt("its check sum or its length is wrong");
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

    /** A number of four bytes, the lowest first. */
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

    /** @return whether there was more; what has not been taken stays */
    private boolean receive() throws IOException {
        if (at == end) {
            at = end = 0;
        }
        int count = in.read(buffer, end, buffer.length - end);
        if (count < 0) {
            return false;
        }
        end += count;
        arrived.run();
        return true;
    }

    private EOFException tooShort() {
        return new EOFException("the body ended before its " + coding() + " data did");
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
