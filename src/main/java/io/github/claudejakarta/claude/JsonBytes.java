package io.github.claudejakarta.claude;

import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.stream.JsonLocation;
import jakarta.json.stream.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.NoSuchElementException;

/**
 * Reads JSON (RFC 8259) from bytes, token by token, without a copy of the text and without a tree. A string is decoded
 * only when it is requested, so a text of 32 MB needs no more memory than its bytes. The provider's own parser copies
 * each string to a buffer of characters, which is several times as large.
 *
 * <p>Every byte is checked, also in values that the caller skips: grammar, UTF-8, and a nesting depth of at most
 * {@value #MAX_DEPTH}. An error is a {@link JsonException} that names the byte.
 *
 * <p>The bytes are in an array or in a stream. From a stream, one value at a time can be copied
 * ({@link #startCapture()}). {@link #getLocation()} counts bytes: its stream offset is the position after the latest
 * token. Not safe for use by several threads.
 */
public final class JsonBytes implements JsonParser {

    /** The maximum number of nested objects and arrays. */
    public static final int MAX_DEPTH = 1_000;

    private static final int MAX_DIGITS = 1_100;
    /** The maximum length in bytes of a string that {@link #getString()} returns, such as a name or an id. */
    private static final int MAX_STRING = 1 << 20;

    private static final int INITIAL = 64 << 10;
    /** A buffer that grew beyond this size for a large value shrinks again. */
    private static final int LARGE = 1 << 20;

    private static final int NONE = -1;

    private enum State {
        BEGIN,
        FIRST_KEY,
        KEY,
        COLON,
        FIRST_VALUE,
        VALUE,
        AFTER_VALUE,
        END
    }

    /** Receives the size of the buffer of a stream before the buffer is allocated. */
    public interface Memory {

        /** @param bytes the total size from now on */
        void resize(long bytes);
    }

    private final InputStream in;
    /** The index of the first byte of the text in the array. */
    private final int start;

    private final int maxBytes;
    private final Memory memory;

    private byte[] buffer;
    private int at;
    private int end;
    /** The number of bytes of the text before the buffer. */
    private long before;

    private int captureFrom = NONE;

    private State state = State.BEGIN;
    private final BitSet objects = new BitSet();
    private int depth;

    private Event event;
    private int tokenFrom;
    private int tokenTo;
    private boolean hasEscapes;

    /** Reads a text in an array, which must not change meanwhile. */
    public JsonBytes(byte[] bytes, int offset, int length) {
        this.in = null;
        this.start = offset;
        this.maxBytes = Integer.MAX_VALUE;
        this.memory = size -> {};
        this.buffer = bytes;
        this.at = offset;
        this.end = offset + length;
    }

    /**
     * Reads a text from a stream. A failure of the stream is an {@link UncheckedIOException}.
     *
     * @param maxBytes the maximum length in bytes of a {@linkplain #startCapture() captured} value or of a token; a
     *     longer one is {@link TooLong}
     * @param memory may reject a size with its own exception, which is passed on
     */
    public JsonBytes(InputStream in, int maxBytes, Memory memory) {
        this.in = in;
        this.start = 0;
        this.maxBytes = maxBytes;
        this.memory = memory;
        memory.resize(INITIAL);
        this.buffer = new byte[INITIAL];
    }

    /** A byte sequence that is not UTF-8. */
    public static final class NotUtf8 extends JsonException {

        private static final long serialVersionUID = 1;

        NotUtf8(long position) {
            this("not UTF-8 at byte " + position);
        }

        private NotUtf8(String message) {
            super(message);
        }
    }

    /** A value that is longer than the reader allows. */
    public static final class TooLong extends JsonException {

        private static final long serialVersionUID = 1;

        TooLong(int maxBytes) {
            super("a value is longer than " + maxBytes + " bytes");
        }
    }

    /**
     * Whether a token follows. Also true if the JSON value has ended and more bytes follow it; then {@link #next()}
     * fails.
     */
    @Override
    public boolean hasNext() {
        return state != State.END || peekAfterBlanks() >= 0;
    }

    /** @throws JsonException if the text is not JSON, or ends too early */
    @Override
    public Event next() {
        if (captureFrom == NONE) {
            // The latest token is not needed any more, so its bytes may be dropped.
            tokenFrom = at;
        }
        event = switch (state) {
            case BEGIN, VALUE -> value(required());
            case FIRST_VALUE -> peekAfterBlanks() == ']' ? close(Event.END_ARRAY) : value(required());
            case FIRST_KEY -> peekAfterBlanks() == '}' ? close(Event.END_OBJECT) : key(required());
            case KEY -> key(required());
            case COLON -> {
                expect(':');
                yield value(required());
            }
            case AFTER_VALUE -> afterValue(required());
            case END -> {
                if (peekAfterBlanks() >= 0) {
                    throw expected("the end of the text");
                }
                throw new NoSuchElementException("The text has ended");
            }
        };
        return event;
    }

    private Event afterValue(int next) {
        boolean isObject = objects.get(depth);
        if (next == (isObject ? '}' : ']')) {
            return close(isObject ? Event.END_OBJECT : Event.END_ARRAY);
        }
        if (next != ',') {
            throw expected(isObject ? "',' or '}'" : "',' or ']'");
        }
        at++;
        return isObject ? key(required()) : value(required());
    }

    private Event close(Event closing) {
        tokenFrom = at++;
        tokenTo = at;
        depth--;
        valueEnds();
        return closing;
    }

    private void valueEnds() {
        state = depth == 0 ? State.END : State.AFTER_VALUE;
    }

    private Event key(int next) {
        if (next != '"') {
            throw expected("a key in quotes");
        }
        string();
        state = State.COLON;
        return Event.KEY_NAME;
    }

    private Event value(int next) {
        Event value = switch (next) {
            case '{' -> open(Event.START_OBJECT);
            case '[' -> open(Event.START_ARRAY);
            case '"' -> {
                string();
                yield Event.VALUE_STRING;
            }
            case 't' -> word("true", Event.VALUE_TRUE);
            case 'f' -> word("false", Event.VALUE_FALSE);
            case 'n' -> word("null", Event.VALUE_NULL);
            default -> number(next);
        };
        if (value != Event.START_OBJECT && value != Event.START_ARRAY) {
            valueEnds();
        }
        return value;
    }

    private Event open(Event opening) {
        if (depth == MAX_DEPTH) {
            throw new JsonException("more than " + MAX_DEPTH + " nested objects and arrays at byte " + position());
        }
        tokenFrom = at++;
        tokenTo = at;
        depth++;
        objects.set(depth, opening == Event.START_OBJECT);
        state = opening == Event.START_OBJECT ? State.FIRST_KEY : State.FIRST_VALUE;
        return opening;
    }

    private Event word(String word, Event meaning) {
        tokenFrom = at;
        for (int i = 0; i < word.length(); i++) {
            if (peek() != word.charAt(i)) {
                throw expected("a value");
            }
            at++;
        }
        tokenTo = at;
        return meaning;
    }

    private Event number(int first) {
        if (first != '-' && !isDigit(first)) {
            throw expected("a value");
        }
        tokenFrom = at;
        if (first == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        tokenTo = at;
        return Event.VALUE_NUMBER;
    }

    private void digits() {
        if (!isDigit(peek())) {
            throw expected("a digit");
        }
        while (isDigit(peek())) {
            at++;
        }
    }

    private static boolean isDigit(int b) {
        return b >= '0' && b <= '9';
    }

    /** Reads a string from its first quote to the position after its last quote. */
    private void string() {
        tokenFrom = at++;
        hasEscapes = false;
        while (true) {
            int next = peek();
            if (next == '"') {
                tokenTo = ++at;
                return;
            }
            if (next == '\\') {
                at++;
                escape();
            } else if (next < 0) {
                throw expected("the end of a string");
            } else if (next < ' ') {
                throw expected("an escape sequence instead of a control character");
            } else if (next < 0x80) {
                at++;
            } else {
                character(next);
            }
        }
    }

    private void escape() {
        hasEscapes = true;
        int next = peek();
        if (next < 0 || "\"\\/bfnrtu".indexOf(next) < 0) {
            throw expected("a valid escape sequence");
        }
        at++;
        for (int i = 0; next == 'u' && i < 4; i++) {
            if (Character.digit(peek(), 16) < 0 || peek() >= 0x80) {
                throw expected("four hexadecimal digits");
            }
            at++;
        }
    }

    /** Reads a character of several bytes: not overlong, not half a surrogate pair, not beyond Unicode (RFC 3629). */
    private void character(int first) {
        int more = first >= 0xC2 && first <= 0xDF
                ? 1
                : first >= 0xE0 && first <= 0xEF ? 2 : first >= 0xF0 && first <= 0xF4 ? 3 : 0;
        if (more == 0) {
            throw new NotUtf8(position());
        }
        at++;
        int min = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        int max = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        for (int i = 0; i < more; i++) {
            int next = peek();
            if (next < min || next > max) {
                throw new NotUtf8(position());
            }
            at++;
            min = 0x80;
            max = 0xBF;
        }
    }

    private void expect(char character) {
        if (required() != character) {
            throw expected("'" + character + "'");
        }
        at++;
    }

    /** Returns the next byte that is not blank. The end of the text is an error. */
    private int required() {
        int next = peekAfterBlanks();
        if (next < 0) {
            throw expected("more of the text");
        }
        return next;
    }

    private int peekAfterBlanks() {
        while (true) {
            int next = peek();
            if (next != ' ' && next != '\n' && next != '\r' && next != '\t') {
                return next;
            }
            at++;
            if (captureFrom == NONE) {
                tokenFrom = at;
            }
        }
    }

    /** Returns the next byte without reading it; -1 at the end of the text. */
    private int peek() {
        return at < end || fill() ? buffer[at] & 0xff : -1;
    }

    private JsonException expected(String token) {
        if (position() - start < 2 && beginsAsUtf16()) {
            return new NotUtf8("not UTF-8 but UTF-16");
        }
        if (state == State.BEGIN && ByteOrderMark.length(buffer, at, end - at) > 0) {
            return new JsonException(
                    "a second byte order mark at byte " + position() + ". Only one is allowed, at the beginning.");
        }
        if (at < end && buffer[at] < 0) {
            // Usually the text is in another encoding.
            long position = position();
            character(peek());
            return new JsonException("expected " + token + " at byte " + position);
        }
        return new JsonException(
                at < end
                        ? "expected " + token + " at byte " + position()
                        : "the text ends early, at byte " + position());
    }

    /** Whether the text looks like UTF-16. Called within the first two bytes. */
    private boolean beginsAsUtf16() {
        while (end - at < ByteOrderMark.LENGTH && fill()) {
            // Reads until the buffer has enough bytes.
        }
        int from = (int) (start - before);
        return from >= 0 && ByteOrderMark.isUtf16(buffer, from, end - from);
    }

    private long position() {
        return before + at;
    }

    private boolean fill() {
        if (in == null) {
            return false;
        }
        int from = captureFrom == NONE ? Math.min(tokenFrom, at) : captureFrom;
        if (at - from > maxBytes) {
            throw new TooLong(maxBytes);
        }
        if (from > 0 && (from >= buffer.length / 2 || end == buffer.length)) {
            moveTo(buffer, from);
        } else if (end == buffer.length) {
            int larger = (int) Math.min(2L * buffer.length, (long) maxBytes + INITIAL);
            memory.resize((long) larger + buffer.length);
            moveTo(new byte[larger], from);
            memory.resize(larger);
        }
        try {
            int count = in.read(buffer, end, buffer.length - end);
            end += Math.max(0, count);
            return count > 0 || count == 0 && fill();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Moves the bytes from an index on to the beginning of a buffer, and drops the bytes before them. */
    private void moveTo(byte[] target, int from) {
        System.arraycopy(buffer, from, target, 0, end - from);
        buffer = target;
        before += from;
        at -= from;
        end -= from;
        tokenFrom -= from;
        tokenTo -= from;
        captureFrom = captureFrom == NONE ? NONE : captureFrom - from;
    }

    /** Keeps the bytes from the latest token on, until {@link #endCapture()}. */
    public void startCapture() {
        captureFrom = tokenFrom;
    }

    /**
     * Returns a copy of the bytes from the {@linkplain #startCapture() start of the capture} to the end of the latest
     * token, and releases them.
     *
     * @throws TooLong if the bytes are longer than allowed
     */
    public byte[] endCapture() {
        if (tokenTo - captureFrom > maxBytes) {
            throw new TooLong(maxBytes);
        }
        memory.resize((long) buffer.length + tokenTo - captureFrom);
        byte[] captured = Arrays.copyOfRange(buffer, captureFrom, tokenTo);
        captureFrom = NONE;
        tokenFrom = at;
        if (buffer.length > LARGE && end - at < LARGE) {
            moveTo(new byte[LARGE], at);
        }
        return captured;
    }

    /** Returns the size of the buffer in bytes. */
    public int capacity() {
        return buffer.length;
    }

    /** @throws JsonException for a string of more than {@value #MAX_STRING} bytes; names and ids are never so long */
    @Override
    public String getString() {
        if (tokenTo - tokenFrom > MAX_STRING) {
            throw new JsonException(
                    "a name or value of more than " + MAX_STRING + " bytes at byte " + (before + tokenFrom));
        }
        if (event == Event.VALUE_NUMBER) {
            return new String(buffer, tokenFrom, tokenTo - tokenFrom, StandardCharsets.US_ASCII);
        }
        if (event != Event.KEY_NAME && event != Event.VALUE_STRING) {
            throw new IllegalStateException(event + " is not a string");
        }
        String text = new String(buffer, tokenFrom + 1, tokenTo - tokenFrom - 2, StandardCharsets.UTF_8);
        return hasEscapes ? unescaped(text) : text;
    }

    private static String unescaped(String text) {
        var plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                c = text.charAt(++i);
                if (c == 'u') {
                    plain.append((char) Integer.parseInt(text, i + 1, i + 5, 16));
                    i += 4;
                } else {
                    int simple = "bfnrt".indexOf(c);
                    plain.append(simple < 0 ? c : "\b\f\n\r\t".charAt(simple));
                }
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }

    @Override
    public boolean isIntegralNumber() {
        return getBigDecimal().scale() == 0;
    }

    @Override
    public int getInt() {
        return getBigDecimal().intValue();
    }

    @Override
    public long getLong() {
        return getBigDecimal().longValue();
    }

    /**
     * @throws JsonException for a number of more than {@value #MAX_DIGITS} characters, which would be slow to convert
     */
    @Override
    public BigDecimal getBigDecimal() {
        if (event != Event.VALUE_NUMBER) {
            throw new IllegalStateException(event + " is not a number");
        }
        if (tokenTo - tokenFrom > MAX_DIGITS) {
            throw new JsonException("a number of more than " + MAX_DIGITS + " digits at byte " + (before + tokenFrom));
        }
        try {
            return new BigDecimal(getString());
        } catch (NumberFormatException e) {
            throw new JsonException("a number with too large an exponent at byte " + (before + tokenFrom), e);
        }
    }

    /** Returns the object that has just begun as a tree. Supported only for a text in a byte array. */
    @Override
    public JsonObject getObject() {
        if (event != Event.START_OBJECT || in != null) {
            throw new IllegalStateException(
                    "getObject needs the start of an object, in a text that is read from a byte array");
        }
        int from = tokenFrom;
        JsonPull.skip(this);
        try (JsonParser tree =
                JsonText.parser(new ByteArrayInputStream(buffer, from, at - from), StandardCharsets.UTF_8)) {
            tree.next();
            return tree.getObject();
        }
    }

    @Override
    public JsonLocation getLocation() {
        long position = before + tokenTo;
        return new JsonLocation() {

            @Override
            public long getLineNumber() {
                return NONE;
            }

            @Override
            public long getColumnNumber() {
                return NONE;
            }

            @Override
            public long getStreamOffset() {
                return position;
            }
        };
    }

    /** Does nothing: the owner of the stream closes it. */
    @Override
    public void close() {
        // See the javadoc.
    }
}
