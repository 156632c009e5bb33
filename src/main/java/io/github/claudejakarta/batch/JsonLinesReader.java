package io.github.claudejakarta.batch;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/** One request a line ({@code application/x-ndjson}, {@code application/jsonl}). Blank lines count, and say nothing. */
final class JsonLinesReader implements RequestReader {

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final LineReader lines;
    private long line;

    JsonLinesReader(InputStream in) {
        lines = new LineReader(in, SubmittedRequest.MAX_BYTES);
    }

    @Override
    public Optional<SubmittedRequest> next() throws IOException {
        try {
            while (lines.next()) {
                line++;
                if (!lines.isBlank()) {
                    String where = "line " + line;
                    return Optional.of(RequestReader.read(where, () -> SubmittedRequest.of(where, text())));
                }
            }
            return Optional.empty();
        } catch (LineReader.LineTooLong e) {
            throw new Unreadable("line " + (line + 1) + ": longer than 32 MB", e);
        }
    }

    private byte[] text() {
        byte[] text = lines.line();
        boolean isMarked = line == 1 && text.length >= BYTE_ORDER_MARK.length
            && Arrays.equals(text, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
        return isMarked ? Arrays.copyOfRange(text, BYTE_ORDER_MARK.length, text.length) : text;
    }
}
