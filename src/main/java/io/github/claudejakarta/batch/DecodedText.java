package io.github.claudejakarta.batch;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;

/**
 * Decodes bytes strictly: bytes that are not text are a {@link CharacterCodingException}, and all characters before
 * them are returned first. An {@link java.io.InputStreamReader} loses these characters, and with them the line of the
 * error. Not safe for use by several threads.
 */
final class DecodedText extends Reader {

    private static final int BUFFER = 8 << 10;

    private final InputStream in;
    private final CharsetDecoder decoder;
    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).flip();
    private boolean isAtEnd;
    private boolean isFlushed;

    DecodedText(InputStream in, Charset charset) {
        this.in = in;
        this.decoder = charset.newDecoder();
    }

    /** @param length at least 2, so that any character fits */
    @Override
    public int read(char[] target, int offset, int length) throws IOException {
        CharBuffer chars = CharBuffer.wrap(target, offset, length);
        while (!isFlushed) {
            CoderResult result = decoder.decode(bytes, chars, isAtEnd);
            if (chars.position() > offset) {
                return chars.position() - offset;
            }
            if (result.isError()) {
                result.throwException();
            }
            if (isAtEnd) {
                isFlushed = decoder.flush(chars).isUnderflow();
                return chars.position() > offset ? chars.position() - offset : -1;
            }
            fill();
        }
        return -1;
    }

    private void fill() throws IOException {
        bytes.compact();
        int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
        isAtEnd = count < 0;
        bytes.position(bytes.position() + Math.max(0, count)).flip();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
