package io.github.claudejakarta.batch;

import io.github.claudejakarta.runtime.Room;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/** One request a line ({@code application/x-ndjson}, {@code application/jsonl}). Blank lines count, and say nothing. */
final class JsonLinesReader implements RequestReader {

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final RequestRoom room;
    private final LineReader lines;
    private long line;

    /** @param room for the request that is being read, and those that are not stored yet */
    JsonLinesReader(InputStream in, Room room) {
        this.room = new RequestRoom(room);
        this.lines = new LineReader(in, SubmittedRequest.MAX_BYTES, this.room::reads);
    }

    @Override
    public void holds(long bytes) {
        room.holds(bytes);
    }

    @Override
    public Optional<SubmittedRequest> next() throws IOException {
        room.passOn();
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
            throw SubmittedRequest.tooLarge("line " + (line + 1)).withCause(e);
        }
    }

    private byte[] text() {
        room.hasRead(lines.capacity(), lines.length());
        byte[] text = lines.line();
        boolean isMarked = line == 1 && text.length >= BYTE_ORDER_MARK.length
            && Arrays.equals(text, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
        return isMarked ? Arrays.copyOfRange(text, BYTE_ORDER_MARK.length, text.length) : text;
    }
}
