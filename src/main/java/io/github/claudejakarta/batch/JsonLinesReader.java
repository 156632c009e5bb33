package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ByteOrderMark;
import io.github.claudejakarta.runtime.MemoryReservation;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads one request per line ({@code application/x-ndjson}, {@code application/jsonl}). Blank lines are counted and
 * skipped.
 */
final class JsonLinesReader implements RequestReader {

    private final RequestReservation room;
    private final LineReader lines;
    private long line;

    /** @param room memory for the request that is being read, and for the requests that are not stored yet */
    JsonLinesReader(InputStream in, MemoryReservation room) {
        this.room = new RequestReservation(room);
        this.lines = new LineReader(in, SubmittedRequest.MAX_BYTES, this.room::reserveBuffer);
    }

    @Override
    public void setPendingBytes(long bytes) {
        room.setPendingBytes(bytes);
    }

    @Override
    public Optional<SubmittedRequest> next() throws IOException {
        room.releaseRequest();
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
        room.reserveRequest(lines.capacity(), lines.length());
        byte[] text = lines.line();
        int mark = ByteOrderMark.length(text, 0, text.length);
        if (mark > 0 && line > 1) {
            throw new IllegalArgumentException(
                    "not valid JSON: the line begins with a byte order mark, which is allowed only in line 1");
        }
        return mark > 0 ? Arrays.copyOfRange(text, mark, text.length) : text;
    }
}
