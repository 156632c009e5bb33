package io.github.claudejakarta.claude;

import java.io.IOException;
import java.io.InputStream;

/**
 * Reads a text in UTF-8 without the byte order mark at its beginning, if it has one. The constructor reads nothing. Not
 * safe for use by several threads.
 */
public final class BomFreeInput extends InputStream {

    private static final int UNREAD = -1;

    private final InputStream in;
    private final byte[] beginning = new byte[ByteOrderMark.LENGTH];
    private int at;
    private int end = UNREAD;
    private int markLength;

    public BomFreeInput(InputStream in) {
        this.in = in;
    }

    /** Returns the length of the mark in bytes: {@value ByteOrderMark#LENGTH}, or 0 without a mark. */
    public int markLength() throws IOException {
        if (end == UNREAD) {
            end = in.readNBytes(beginning, 0, beginning.length);
            markLength = ByteOrderMark.length(beginning, 0, end);
            at = markLength;
        }
        return markLength;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        markLength();
        if (at == end) {
            return in.read(buffer, offset, length);
        }
        int count = Math.min(length, end - at);
        System.arraycopy(beginning, at, buffer, offset, count);
        at += count;
        return count;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
