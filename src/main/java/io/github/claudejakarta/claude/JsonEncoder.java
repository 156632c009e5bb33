package io.github.claudejakarta.claude;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * Encodes JSON text in UTF-8 and writes lone halves of surrogate pairs as escapes. {@link #close} flushes and does not
 * close the stream.
 */
final class JsonEncoder extends Writer {

    private final Writer out;
    private final TextPieces pieces = new TextPieces();

    JsonEncoder(OutputStream out) {
        this.out = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    }

    @Override
    public void write(char[] text, int offset, int length) throws IOException {
        out.write(Surrogates.escaped(pieces.next(new String(text, offset, length))));
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    /** Flushes. JSON text ends in ASCII, so no half is left. */
    @Override
    public void close() throws IOException {
        flush();
    }
}
