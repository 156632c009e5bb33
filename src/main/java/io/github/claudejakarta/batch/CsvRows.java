package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the rows of a CSV text (RFC 4180), each with its line. Lines end in CR, LF or both. A field is quoted if it
 * begins with a quotation mark. Empty lines are skipped, but counted.
 *
 * <p>The first line decides what separates fields: {@code sep=;}, as Excel writes and reads it, names the separator and
 * is not a row. Otherwise the separator is the semicolon if the line has one and no comma, and else the comma.
 *
 * <p>The console's {@code csv.js} follows the same rules, so that both find the same faults on the same lines. Not safe
 * for use by several threads.
 */
final class CsvRows {

    /** The maximum length of a row in characters. A cell of a spreadsheet has at most 32,767. */
    static final int MAX_ROW_LENGTH = 8 << 20;

    /** The maximum number of fields: the columns of a spreadsheet. */
    private static final int MAX_FIELDS = 16_384;

    private static final int BUFFER = 8 << 10;
    private static final int END = -1;
    private static final char QUOTE = '"';
    private static final char BYTE_ORDER_MARK = '\uFEFF';
    private static final Pattern SEPARATOR_LINE = Pattern.compile("\"?sep=(.?)\"?\\1*", Pattern.CASE_INSENSITIVE);
    private static final String SEPARATORS = ",;\t|";

    /**
     * The position of the reader in a field. {@code WRONG} is after a quotation mark that closed the field too early.
     */
    private enum State {
        START,
        PLAIN,
        QUOTED,
        CLOSED,
        WRONG
    }

    private final Reader in;
    private final char[] buffer = new char[BUFFER];
    private int at;
    private int filled;
    private boolean isOpen;
    private char separator;
    private long line = 1;
    private boolean afterReturn;

    private List<String> fields;
    private StringBuilder field;
    private State state;
    private int length;
    private long rowLine;
    private long quoteLine;
    private long wrongLine;

    CsvRows(Reader in) {
        this.in = in;
    }

    /**
     * Reads the next row.
     *
     * @return whether a row was read; false at the end
     * @throws RequestReader.BadRequest where text follows a closing quotation mark; the next call continues with the
     *     next row
     * @throws RequestReader.Unreadable where a quotation mark is not closed, or {@code sep=} names no separator
     * @throws ClaudeException {@code request_too_large}
     */
    boolean next() throws IOException {
        if (!isOpen) {
            open();
        }
        begin();
        for (int next = readChar(); next != END; next = readChar()) {
            char c = (char) next;
            boolean isSecondHalf = isSecondHalf(c);
            if (state == State.QUOTED) {
                quoted(c, isSecondHalf);
            } else if (!isLineEnd(c)) {
                plain(c);
            } else if (!isSecondHalf) {
                line++;
                if (!isEmpty()) {
                    return endRow();
                }
                rowLine = line;
            }
        }
        if (state == State.QUOTED) {
            throw new RequestReader.Unreadable(
                    "line " + quoteLine + ": a field begins with a quotation mark here that is never closed. Close it. "
                            + "Within a quoted field, write a quotation mark twice",
                    null);
        }
        return !isEmpty() && endRow();
    }

    /** Returns the fields of the latest row. */
    List<String> fields() {
        return fields;
    }

    /** Returns the line on which the latest row begins. */
    long rowLine() {
        return rowLine;
    }

    /** Returns the line up to which the text has been read. */
    long line() {
        return line;
    }

    private void open() throws IOException {
        isOpen = true;
        if (peek() == BYTE_ORDER_MARK) {
            at++;
        }
        while (peek() != END && isLineEnd((char) peek())) {
            line += isSecondHalf((char) readChar()) ? 0 : 1;
        }
        String first = restOfLine();
        Matcher named = SEPARATOR_LINE.matcher(first);
        if (!named.matches()) {
            separator = first.indexOf(';') >= 0 && first.indexOf(',') < 0 ? ';' : ',';
            return;
        }
        if (named.group(1).isEmpty() || !SEPARATORS.contains(named.group(1))) {
            throw new RequestReader.Unreadable(
                    "line " + line + ": sep=" + named.group(1) + " does not name a separator that is supported. "
                            + "Use a comma, a semicolon, a tab or a vertical bar",
                    null);
        }
        separator = named.group(1).charAt(0);
        // The line end of the sep= line makes an empty line, which is counted.
        at += first.length();
        afterReturn = false;
    }

    /** Returns the rest of the line, up to the size of the buffer, without consuming it. */
    private String restOfLine() throws IOException {
        System.arraycopy(buffer, at, buffer, 0, filled - at);
        filled -= at;
        at = 0;
        int to = 0;
        while (true) {
            while (to < filled && !isLineEnd(buffer[to])) {
                to++;
            }
            int count = to < filled || filled >= BUFFER - 1 ? END : in.read(buffer, filled, BUFFER - filled);
            if (count < 0) {
                return new String(buffer, 0, to);
            }
            filled += count;
        }
    }

    private int readChar() throws IOException {
        int next = peek();
        at += next == END ? 0 : 1;
        return next;
    }

    private int peek() throws IOException {
        if (at == filled) {
            at = 0;
            filled = Math.max(0, in.read(buffer, 0, BUFFER));
        }
        return at < filled ? buffer[at] : END;
    }

    private static boolean isLineEnd(char c) {
        return c == '\n' || c == '\r';
    }

    /** Returns whether a character is the LF of a CR LF. The CR has already ended the line. */
    private boolean isSecondHalf(char c) {
        boolean isSecondHalf = c == '\n' && afterReturn;
        afterReturn = c == '\r';
        return isSecondHalf;
    }

    private void begin() {
        fields = new ArrayList<>();
        length = 0;
        rowLine = line;
        wrongLine = 0;
        beginField();
    }

    private void beginField() {
        field = new StringBuilder();
        state = State.START;
    }

    private boolean isEmpty() {
        return fields.isEmpty() && state == State.START;
    }

    private void quoted(char c, boolean isSecondHalf) {
        count();
        if (c == QUOTE) {
            state = State.CLOSED;
            return;
        }
        line += isLineEnd(c) && !isSecondHalf ? 1 : 0;
        field.append(c);
    }

    private void plain(char c) {
        count();
        if (c == separator) {
            endField();
        } else if (c == QUOTE && state == State.CLOSED) {
            field.append(c);
            state = State.QUOTED;
        } else if (c == QUOTE && state == State.START) {
            quoteLine = line;
            state = State.QUOTED;
        } else if (state == State.CLOSED || state == State.WRONG) {
            wrongLine = wrongLine == 0 ? quoteLine : wrongLine;
            state = State.WRONG;
        } else {
            field.append(c);
            state = State.PLAIN;
        }
    }

    private void endField() {
        if (fields.size() == MAX_FIELDS) {
            throw new RequestReader.Unreadable(
                    "line " + rowLine + ": the row has more than " + MAX_FIELDS + " fields", null);
        }
        fields.add(field.toString());
        beginField();
    }

    private boolean endRow() {
        endField();
        if (wrongLine > 0) {
            throw new RequestReader.BadRequest(
                    "line " + wrongLine
                            + ": a field begins with a quotation mark here, and text follows the mark that closes it. "
                            + "Within a quoted field, write a quotation mark twice",
                    null);
        }
        return true;
    }

    private void count() {
        if (++length <= MAX_ROW_LENGTH) {
            return;
        }
        if (state == State.QUOTED) {
            throw new RequestReader.Unreadable(
                    "line " + quoteLine + ": a field begins with a quotation mark here that is not closed within "
                            + MAX_ROW_LENGTH + " characters, the limit for a row. Close it",
                    null);
        }
        throw ClaudeException.of(
                ErrorType.REQUEST_TOO_LARGE,
                "line " + rowLine + ": the row is longer than " + MAX_ROW_LENGTH + " characters");
    }
}
