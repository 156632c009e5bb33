package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.runtime.MemoryReservation;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Optional;

/**
 * Reads a spreadsheet: the columns {@code custom_id} and {@code prompt}, and {@code model}, {@code system} and
 * {@code max_tokens} where they are not the same for all requests. Texts stay as they are, character for character;
 * blanks around a model or a number are ignored.
 */
final class CsvRequestReader implements RequestReader {

    /** The values for rows that have no own value. */
    record Defaults(Optional<String> model, Optional<String> system, Optional<String> maxTokens) {}

    private final RowReservation room;
    private final CsvRows rows;
    private final Charset charset;
    private final Defaults defaults;
    private CsvColumns columns;

    /** @param room memory for the row that is being read, and for the requests that are not stored yet */
    CsvRequestReader(InputStream in, Charset charset, Defaults defaults, MemoryReservation room) {
        this.room = new RowReservation(in, room);
        this.rows = new CsvRows(new DecodedText(this.room, charset));
        this.charset = charset;
        this.defaults = defaults;
    }

    @Override
    public void setPendingBytes(long bytes) {
        room.setPendingBytes(bytes);
    }

    @Override
    public Optional<SubmittedRequest> next() throws IOException {
        room.releaseRequest();
        try {
            if (columns == null && !readColumns()) {
                return Optional.empty();
            }
            while (rows.next()) {
                List<String> row = rows.fields();
                if (!columns.isEmpty(row)) {
                    String where = "line " + rows.rowLine();
                    return Optional.of(RequestReader.read(where, () -> SubmittedRequest.of(where, request(row))));
                }
            }
            return Optional.empty();
        } catch (CharacterCodingException e) {
            throw new Unreadable(
                    "line " + rows.line() + ": not text in " + charset
                            + ". Name the character set in Content-Type, for example text/csv;charset=windows-1252",
                    e);
        }
    }

    /** Reads the row of names. An error in it is final, because the rows after it need the names. */
    private boolean readColumns() throws IOException {
        try {
            while (rows.next()) {
                if (!rows.fields().stream().allMatch(String::isEmpty)) {
                    columns = new CsvColumns(rows.rowLine(), rows.fields());
                    return true;
                }
            }
            return false;
        } catch (BadRequest e) {
            throw new Unreadable(e.getMessage(), e);
        }
    }

    private BatchRequest request(List<String> row) {
        columns.requireShape(row);
        String model = word(row, "model")
                .or(defaults::model)
                .orElseThrow(() -> new IllegalArgumentException("model: Field required, as a column or as ?model="));
        int maxTokens = maxTokens(word(row, "max_tokens")
                .or(defaults::maxTokens)
                .orElseThrow(() ->
                        new IllegalArgumentException("max_tokens: Field required, as a column or as ?max_tokens=")));
        var message = MessageRequest.builder(model, maxTokens);
        columns.field(row, "system").or(defaults::system).ifPresent(message::system);
        message.user(
                columns.field(row, "prompt").orElseThrow(() -> new IllegalArgumentException("prompt: Field required")));
        return new BatchRequest(
                columns.field(row, "custom_id")
                        .orElseThrow(() -> new IllegalArgumentException("custom_id: Field required")),
                message.build());
    }

    private static int maxTokens(String text) {
        if (!text.matches("[0-9]{1,9}")) {
            throw new IllegalArgumentException("max_tokens: Input should be a valid integer");
        }
        return Integer.parseInt(text);
    }

    private Optional<String> word(List<String> row, String name) {
        return columns.field(row, name).map(CsvColumns::withoutBlanksAround).filter(value -> !value.isEmpty());
    }

    /**
     * Reserves memory for the row that is being read. A large row needs several times its size while it becomes a
     * request: it is decoded, split, put into JSON and encoded.
     */
    private static final class RowReservation extends FilterInputStream {

        private static final long COST = 10;
        /** The bytes of the buffers and of small rows. */
        private static final long BASE = 64 << 10;

        private static final long AHEAD = 32 << 10;

        private final MemoryReservation room;
        private long bytes;
        private long pending;

        RowReservation(InputStream in, MemoryReservation room) {
            super(in);
            this.room = room;
            releaseRequest();
        }

        /** Releases the memory of the latest row: its request is now pending, or was dropped. */
        void releaseRequest() {
            bytes = 0;
            count();
        }

        /** Reserves memory for requests that are not stored yet. */
        void setPendingBytes(long requestBytes) {
            pending = RequestReservation.COPIES * requestBytes;
            count();
        }

        private void count() {
            room.exactly(BASE + pending + COST * Math.max(0, bytes - AHEAD));
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = in.read(buffer, offset, length);
            bytes += Math.max(0, count);
            count();
            return count;
        }
    }
}
