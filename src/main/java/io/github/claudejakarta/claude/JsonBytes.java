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
 * when it is asked for, so that a text of 32 MB costs no more than its bytes: the provider's own parser keeps each
 * string in a buffer of characters, which is several times as much.
 *
 * <p>Every byte is checked, also of values that nobody asks for: grammar, UTF-8, and a depth of {@value #MAX_DEPTH}.
 * What is wrong is a {@link JsonException} that names the byte.
 *
 * <p>The bytes are an array, or come from a stream; of a stream one value at a time is held ({@link #keep()}).
 * {@link #getLocation()} counts bytes: its stream offset is the place after the latest token. Not safe for use by
 * several threads.
 */
public final class JsonBytes implements JsonParser {

    /** Objects and arrays within each other. */
    public static final int MAX_DEPTH = 1_000;

    private static final int MAX_DIGITS = 1_100;
    /** Of a string that is asked for: names, ids and the like. */
    private static final int MAX_STRING = 1 << 20;

    private static final int INITIAL = 64 << 10;
    /** A buffer that one large value has made larger is made small again. */
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

    /** Told how many bytes the buffer of a stream takes, before it takes them. */
    public interface Memory {

        /** @param bytes taken from now on, in all */
        void takes(long bytes);
    }

    private final InputStream in;
    /** Where the text begins in the array. */
    private final int start;

    private final int longest;
    private final Memory memory;

    private byte[] buffer;
    private int at;
    private int end;
    /** Bytes of the text before the buffer. */
    private long before;

    private int kept = NONE;

    private State state = State.BEGIN;
    private final BitSet objects = new BitSet();
    private int depth;

    private Event event;
    private int tokenFrom;
    private int tokenTo;
    private boolean hasEscapes;

    /** A text that is in an array, which must not change meanwhile. */
    public JsonBytes(byte[] bytes, int offset, int length) {
        this.in = null;
        this.start = offset;
        this.longest = Integer.MAX_VALUE;
        this.memory = taken -> {};
        this.buffer = bytes;
        this.at = offset;
        this.end = offset + length;
    }

    /**
     * A text that is read as it comes. What fails while it is read is an {@link UncheckedIOException}.
     *
     * @param longest bytes of a value that is {@linkplain #keep() kept}, or of a token; more are {@link TooLong}
     * @param memory may refuse by an exception of its own, which is passed on
     */
    public JsonBytes(InputStream in, int longest, Memory memory) {
        this.in = in;
        this.start = 0;
        this.longest = longest;
        this.memory = memory;
        memory.takes(INITIAL);
        this.buffer = new byte[INITIAL];
    }

    /** A byte sequence that is not UTF-8. */
    public static final class NotUtf8 extends JsonException {

        private static final long serialVersionUID = 1;

        NotUtf8(long place) {
            this("not UTF-8 at byte " + place);
        }

        private NotUtf8(String what) {
            super(what);
        }
    }

    /** A value that is longer than its reader can hold. */
    public static final class TooLong extends JsonException {

        private static final long serialVersionUID = 1;

        TooLong(int longest) {
            super("a value is longer than " + longest + " bytes");
        }
    }

    /**
     * Whether there is more: until the value has ended, and again where something follows it, at which {@link #next()}
     * fails.
     */
    @Override
    public boolean hasNext() {
        return state != State.END || peekAfterBlanks() >= 0;
    }

    /** @throws JsonException where the text is not JSON, or ends too early */
    @Override
    public Event next() {
        if (kept == NONE) {
            // The latest token is not asked for any more, and need not be held.
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
                    throw wrong("the end of the text");
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
            throw wrong(isObject ? "',' or '}'" : "',' or ']'");
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
            throw wrong("a key in quotes");
        }
        string();
        state = State.COLON;
        return Event.KEY_NAME;
    }

    private Event value(int next) {
        Event found = switch (next) {
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
        if (found != Event.START_OBJECT && found != Event.START_ARRAY) {
            valueEnds();
        }
        return found;
    }

    private Event open(Event opening) {
        if (depth == MAX_DEPTH) {
            throw new JsonException(
                    "more than " + MAX_DEPTH + " objects and arrays within each other at byte " + place());
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
                throw wrong("a value");
            }
            at++;
        }
        tokenTo = at;
        return meaning;
    }

    private Event number(int first) {
        if (first != '-' && !isDigit(first)) {
            throw wrong("a value");
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
            throw wrong("a digit");
        }
        while (isDigit(peek())) {
            at++;
        }
    }

    private static boolean isDigit(int b) {
        return b >= '0' && b <= '9';
    }

    /** From the quote at which it begins to after the one at which it ends. */
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
                throw wrong("the end of a string");
            } else if (next < ' ') {
                throw wrong("an escape in place of a control character");
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
            throw wrong("an escape");
        }
        at++;
        for (int i = 0; next == 'u' && i < 4; i++) {
            if (Character.digit(peek(), 16) < 0 || peek() >= 0x80) {
                throw wrong("four hexadecimal digits");
            }
            at++;
        }
    }

    /** One of several bytes: neither longer than it has to be, nor half a pair, nor beyond Unicode (RFC 3629). */
    private void character(int first) {
        int more = first >= 0xC2 && first <= 0xDF
                ? 1
                : first >= 0xE0 && first <= 0xEF ? 2 : first >= 0xF0 && first <= 0xF4 ? 3 : 0;
        if (more == 0) {
            throw new NotUtf8(place());
        }
        at++;
        int least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        int most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        for (int i = 0; i < more; i++) {
            int next = peek();
            if (next < least || next > most) {
                throw new NotUtf8(place());
            }
            at++;
            least = 0x80;
            most = 0xBF;
        }
    }

    private void expect(char wanted) {
        if (required() != wanted) {
            throw wrong("'" + wanted + "'");
        }
        at++;
    }

    /** The next byte that is not blank, which there has to be. */
    private int required() {
        int next = peekAfterBlanks();
        if (next < 0) {
            throw wrong("more of the text");
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
            if (kept == NONE) {
                tokenFrom = at;
            }
        }
    }

    /** The byte that comes next; less than 0 at the end of the text. */
    private int peek() {
        return at < end || fill() ? buffer[at] & 0xff : -1;
    }

    private JsonException wrong(String expected) {
        if (place() - start < 2 && beginsAsUtf16()) {
            return new NotUtf8("not UTF-8 but UTF-16");
        }
        if (state == State.BEGIN && ByteOrderMark.length(buffer, at, end - at) > 0) {
            return new JsonException(
                    "a second byte order mark at byte " + place() + ". Only one is passed over, at the beginning.");
        }
        if (at < end && buffer[at] < 0) {
            // Most often a text in another encoding.
            long place = place();
            character(peek());
            return new JsonException("expected " + expected + " at byte " + place);
        }
        return new JsonException(
                at < end ? "expected " + expected + " at byte " + place() : "the text ends early, at byte " + place());
    }

    /** Called within the first two bytes. */
    private boolean beginsAsUtf16() {
        while (end - at < ByteOrderMark.LENGTH && fill()) {
            // until there is enough to look at
        }
        int from = (int) (start - before);
        return from >= 0 && ByteOrderMark.isUtf16(buffer, from, end - from);
    }

    private long place() {
        return before + at;
    }

    private boolean fill() {
        if (in == null) {
            return false;
        }
        int from = kept == NONE ? Math.min(tokenFrom, at) : kept;
        if (at - from > longest) {
            throw new TooLong(longest);
        }
        if (from > 0 && (from >= buffer.length / 2 || end == buffer.length)) {
            moveTo(buffer, from);
        } else if (end == buffer.length) {
            int larger = (int) Math.min(2L * buffer.length, (long) longest + INITIAL);
            memory.takes((long) larger + buffer.length);
            moveTo(new byte[larger], from);
            memory.takes(larger);
        }
        try {
            int count = in.read(buffer, end, buffer.length - end);
            end += Math.max(0, count);
            return count > 0 || count == 0 && fill();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets go of the bytes before this place. */
    private void moveTo(byte[] target, int from) {
        System.arraycopy(buffer, from, target, 0, end - from);
        buffer = target;
        before += from;
        at -= from;
        end -= from;
        tokenFrom -= from;
        tokenTo -= from;
        kept = kept == NONE ? NONE : kept - from;
    }

    /** Holds the bytes from the latest token on, until {@link #take()}. */
    public void keep() {
        kept = tokenFrom;
    }

    /**
     * A copy of the bytes from where they were {@linkplain #keep() kept} to after the latest token; from now on they
     * are not held here.
     *
     * @throws TooLong if they are longer than allowed
     */
    public byte[] take() {
        if (tokenTo - kept > longest) {
            throw new TooLong(longest);
        }
        memory.takes((long) buffer.length + tokenTo - kept);
        byte[] taken = Arrays.copyOfRange(buffer, kept, tokenTo);
        kept = NONE;
        tokenFrom = at;
        if (buffer.length > LARGE && end - at < LARGE) {
            moveTo(new byte[LARGE], at);
        }
        return taken;
    }

    /** How many bytes its buffer takes. */
    public int capacity() {
        return buffer.length;
    }

    /** @throws JsonException for a string of more than a megabyte, which nobody who asks has a use for */
    @Override
    public String getString() {
        if (tokenTo - tokenFrom > MAX_STRING) {
            throw new JsonException("a name or value that is too long at byte " + (before + tokenFrom));
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

    /** @throws JsonException for more digits than anybody needs, which would take long to read */
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
            throw new JsonException("a number beyond all limits at byte " + (before + tokenFrom), e);
        }
    }

    /** The object that has just begun, as a tree; of an array in memory only. */
    @Override
    public JsonObject getObject() {
        if (event != Event.START_OBJECT || in != null) {
            throw new IllegalStateException("There is no object here");
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
        long place = before + tokenTo;
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
                return place;
            }
        };
    }

    /** Nothing: the stream is its owner's. */
    @Override
    public void close() {
        // see above
    }
}
