package io.github.claudejakarta.batch;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.runtime.Room;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A spreadsheet: the columns {@code custom_id} and {@code prompt}, and {@code model}, {@code system} and {@code max_tokens} where they are not
 * the same for all. Fields are separated by commas, or by semicolons where the first line has those and no comma, as spreadsheets write it in
 * countries whose numbers have a comma.
 */
final class CsvRequestReader implements RequestReader {

    /** What a row has that does not say otherwise. */
    record Defaults(Optional<String> model, Optional<String> system, Optional<String> maxTokens) {
    }

    private static final List<String> COLUMNS = List.of("custom_id", "prompt", "model", "system", "max_tokens");
    private static final int HEADER_LIMIT = 8 << 10;
    /** In characters; a cell of a spreadsheet has 32,767 at most. */
    private static final int LONGEST_ROW = 8 << 20;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final RowRoom room;
    private final BufferedReader reader;
    private final Charset charset;
    private final Defaults defaults;
    private Iterator<NamedCsvRecord> rows;
    private boolean isChecked;
    private long line = 1;

    /**
     * A decoder of its own reports what it cannot read; a reader would put question marks into the prompts.
     *
     * @param room for the row that is being read, and the requests that are not stored yet
     */
    CsvRequestReader(InputStream in, Charset charset, Defaults defaults, Room room) {
        this.room = new RowRoom(in, room);
        this.reader = new BufferedReader(new InputStreamReader(this.room, charset.newDecoder()), HEADER_LIMIT);
        this.charset = charset;
        this.defaults = defaults;
    }

    /** Looks at the first line, which is left where it is but for a byte order mark. */
    private static char separator(Reader reader) throws IOException {
        reader.mark(HEADER_LIMIT);
        if (reader.read() != BYTE_ORDER_MARK) {
            reader.reset();
        }
        reader.mark(HEADER_LIMIT);
        var header = new StringBuilder();
        for (int c = reader.read(); c >= 0 && c != '\n' && c != '\r' && header.length() < HEADER_LIMIT - 1; c = reader.read()) {
            header.append((char) c);
        }
        reader.reset();
        return header.indexOf(";") >= 0 && header.indexOf(",") < 0 ? ';' : ',';
    }

    @Override
    public void holds(long bytes) {
        room.holds(bytes);
    }

    @Override
    public Optional<SubmittedRequest> next() throws IOException {
        room.passOn();
        NamedCsvRecord row;
        try {
            row = row();
        } catch (NoSuchElementException e) {
            return Optional.empty();
        } catch (CsvParseException e) {
            throw new Unreadable("line " + line + " or after: " + e.getMessage(), e);
        } catch (CharacterCodingException e) {
            throw new Unreadable("line " + line + " or after: not text in " + charset
                + "; another character set is said as in Content-Type: text/csv;charset=windows-1252", e);
        }
        line = row.getStartingLineNumber();
        checkColumns(row.getHeader());
        String where = "line " + line;
        return Optional.of(RequestReader.read(where, () -> SubmittedRequest.of(where, request(row))));
    }

    /** Spreadsheets write such rows below the last one. */
    private static boolean isBlank(NamedCsvRecord row) {
        return row.getFields().stream().allMatch(String::isEmpty);
    }

    private NamedCsvRecord row() throws IOException {
        if (rows == null) {
            rows = CsvReader.builder().fieldSeparator(separator(reader)).maxBufferSize(LONGEST_ROW).ofNamedCsvRecord(reader).iterator();
        }
        try {
            NamedCsvRecord row = rows.next();
            while (isBlank(row)) {
                row = rows.next();
            }
            return row;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void checkColumns(List<String> header) {
        if (isChecked) {
            return;
        }
        isChecked = true;
        Set<String> unknown = new TreeSet<>(header);
        COLUMNS.forEach(unknown::remove);
        if (!unknown.isEmpty() || !header.contains("custom_id") || !header.contains("prompt")) {
            throw new Unreadable("line 1: the columns are custom_id, prompt and, where wanted, model, system and max_tokens"
                + (unknown.isEmpty() ? "" : "; not " + String.join(", ", unknown)), null);
        }
    }

    private BatchRequest request(NamedCsvRecord row) {
        if (row.getFieldCount() != row.getHeader().size()) {
            throw new IllegalArgumentException("has " + row.getFieldCount() + " fields, and the first line " + row.getHeader().size());
        }
        String model = field(row, "model").or(defaults::model)
            .orElseThrow(() -> new IllegalArgumentException("model: Field required, as a column or as ?model="));
        int maxTokens = maxTokens(field(row, "max_tokens").or(defaults::maxTokens)
            .orElseThrow(() -> new IllegalArgumentException("max_tokens: Field required, as a column or as ?max_tokens=")));
        var message = MessageRequest.builder(model, maxTokens);
        field(row, "system").or(defaults::system).ifPresent(message::system);
        message.user(field(row, "prompt").orElseThrow(() -> new IllegalArgumentException("prompt: Field required")));
        return new BatchRequest(field(row, "custom_id")
            .orElseThrow(() -> new IllegalArgumentException("custom_id: Field required")), message.build());
    }

    private static int maxTokens(String text) {
        if (!text.matches("[0-9]{1,9}")) {
            throw new IllegalArgumentException("max_tokens: Input should be a valid integer");
        }
        return Integer.parseInt(text);
    }

    private static Optional<String> field(NamedCsvRecord row, String name) {
        return row.findField(name).filter(value -> !value.isEmpty());
    }

    /** The bytes of a large row take some times as much while they become a request: decoded, cut, put into JSON, encoded. */
    private static final class RowRoom extends FilterInputStream {

        private static final long COST = 10;
        /** Of buffers, and of rows that are small. */
        private static final long BASE = 64 << 10;
        private static final long AHEAD = 32 << 10;

        private final Room room;
        private long bytes;
        private long held;

        RowRoom(InputStream in, Room room) {
            super(in);
            this.room = room;
            passOn();
        }

        /** Counts the row that was read last no longer: its request is held, or was dropped. */
        void passOn() {
            bytes = 0;
            count();
        }

        /** So many bytes of requests are not stored yet. */
        void holds(long requestBytes) {
            held = RequestRoom.COPIES * requestBytes;
            count();
        }

        private void count() {
            room.exactly(BASE + held + COST * Math.max(0, bytes - AHEAD));
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
