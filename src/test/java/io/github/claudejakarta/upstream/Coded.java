package io.github.claudejakarta.upstream;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Encodes a body in pieces as {@code gzip}, {@code zlib} (the content coding {@code deflate}) or {@code bare} deflate
 * data.
 */
public final class Coded {

    private static final byte[] GZIP_HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};

    private final boolean isGzip;
    private final Deflater deflater;
    private final CRC32 checksum = new CRC32();
    private boolean hasBegun;

    public Coded(String kind) {
        isGzip = kind.equals("gzip");
        deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, !kind.equals("zlib"));
    }

    /** Encodes a complete body as {@code gzip}. */
    public static byte[] gzip(byte[] text) {
        return of("gzip", text);
    }

    /** Encodes a complete body. */
    public static byte[] of(String kind, byte[] text) {
        var coded = new Coded(kind);
        var all = new ByteArrayOutputStream();
        all.writeBytes(coded.encoded(text, Deflater.NO_FLUSH));
        all.writeBytes(coded.finished());
        return all.toByteArray();
    }

    /** Encodes a piece of text. The bytes so far are sufficient to decode all text so far. */
    public byte[] flushed(byte[] text) {
        return encoded(text, Deflater.SYNC_FLUSH);
    }

    /** Returns the bytes that end the body. */
    public byte[] finished() {
        deflater.finish();
        var all = new ByteArrayOutputStream();
        all.writeBytes(encoded(new byte[0], Deflater.NO_FLUSH));
        if (isGzip) {
            all.writeBytes(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt((int) checksum.getValue())
                    .putInt((int) deflater.getBytesRead())
                    .array());
        }
        deflater.end();
        return all.toByteArray();
    }

    private byte[] encoded(byte[] text, int flush) {
        var all = new ByteArrayOutputStream();
        if (isGzip && !hasBegun) {
            all.writeBytes(GZIP_HEADER);
        }
        hasBegun = true;
        checksum.update(text);
        deflater.setInput(text);
        var buffer = new byte[1 << 14];
        for (int count = deflater.deflate(buffer, 0, buffer.length, flush);
                count > 0;
                count = deflater.deflate(buffer, 0, buffer.length, flush)) {
            all.write(buffer, 0, count);
        }
        return all.toByteArray();
    }
}
