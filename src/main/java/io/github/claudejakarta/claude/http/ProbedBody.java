package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.JsonBytes;
import io.github.claudejakarta.claude.JsonPull;
import jakarta.json.stream.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The body of a response whose first bytes are inspected before the body is read. This is necessary because some
 * gateways send events without a {@code Content-Type}, and errors with status 200.
 *
 * <p>It reads ahead only as many bytes as the decision needs, at most {@value #MAX_PROBE} bytes, so that no event is
 * delayed. {@link #read} returns these bytes first. For use by one thread at a time; another thread may call
 * {@link #close}.
 */
final class ProbedBody extends InputStream {

    /** The kind of a body, by its first bytes. */
    enum Kind {
        /** A field or a comment of Server-Sent Events. */
        EVENTS,
        /**
         * A JSON object whose {@code type} is {@code error}, or that has an {@code error} object before any
         * {@code type}.
         */
        ERROR,
        /** Any other JSON object, or a text that begins like one. */
        JSON,
        /** No bytes, or only white space. */
        EMPTY,
        OTHER
    }

    static final int MAX_PROBE = 4 << 10;

    private static final List<String> FIELDS = List.of("event", "data", "id", "retry");
    private static final int MAX_FIELD_NAME = 5;
    private static final String BLANKS = "\u00EF\u00BB\u00BF \t\r\n";

    private final InputStream in;
    private final Runnable onArrival;
    private byte[] bytes = new byte[MAX_PROBE];
    private int count;
    private int returned;

    /** @param onArrival is run whenever bytes have been read ahead, even if they do not suffice for the decision */
    ProbedBody(InputStream body, Runnable onArrival) {
        this.in = body;
        this.onArrival = onArrival;
    }

    /**
     * Returns the kind of the body, and reads ahead as far as necessary. Must be called before the first {@link #read}.
     */
    Kind kind() throws IOException {
        Optional<Kind> kind = known();
        while (kind.isEmpty()) {
            int more = count == MAX_PROBE ? -1 : in.read(bytes, count, MAX_PROBE - count);
            if (more < 0) {
                int at = firstByte();
                return at == count ? Kind.EMPTY : bytes[at] == '{' ? Kind.JSON : Kind.OTHER;
            }
            count += more;
            onArrival.run();
            kind = known();
        }
        return kind.get();
    }

    /** Returns the kind; empty if more bytes are needed. */
    private Optional<Kind> known() {
        int at = firstByte();
        if (at == count) {
            return Optional.empty();
        }
        return bytes[at] == '{'
                ? isError(at).map(isError -> isError ? Kind.ERROR : Kind.JSON)
                : isField(at).map(isField -> isField ? Kind.EVENTS : Kind.OTHER);
    }

    /** Returns the index of the first byte after a byte order mark, white space and empty lines. */
    private int firstByte() {
        int at = 0;
        while (at < count && BLANKS.indexOf(bytes[at] & 0xff) >= 0) {
            at++;
        }
        return at;
    }

    /**
     * Whether the object is an error, by its first fields; other fields are skipped. Empty if more bytes are needed.
     */
    private Optional<Boolean> isError(int at) {
        try (JsonParser json = new JsonBytes(bytes, at, count - at)) {
            json.next();
            while (json.next() == JsonParser.Event.KEY_NAME) {
                String name = json.getString();
                if (name.equals("custom_id")) {
                    // This is a line of batch results, which may be long.
                    return Optional.of(false);
                }
                JsonParser.Event value = json.next();
                if (name.equals("type")) {
                    return Optional.of(value == JsonParser.Event.VALUE_STRING
                            && json.getString().equals("error"));
                }
                if (name.equals("error") && value == JsonParser.Event.START_OBJECT) {
                    return Optional.of(true);
                }
                if (value == JsonParser.Event.START_OBJECT || value == JsonParser.Event.START_ARRAY) {
                    JsonPull.skip(json);
                }
            }
            return Optional.of(false);
        } catch (RuntimeException e) {
            // The object is incomplete, or not JSON.
            return Optional.empty();
        }
    }

    private Optional<Boolean> isField(int at) {
        int end = at;
        while (end < count && end - at <= MAX_FIELD_NAME && ":\r\n".indexOf(bytes[end]) < 0) {
            end++;
        }
        if (end == count && end - at <= MAX_FIELD_NAME) {
            return Optional.empty();
        }
        boolean isComment = end == at;
        return Optional.of(isComment || FIELDS.contains(new String(bytes, at, end - at, StandardCharsets.ISO_8859_1)));
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /**
     * Returns the bytes that were read ahead before it reads more, so that it does not wait while bytes are available.
     */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (returned == count) {
            bytes = null;
            return in.read(target, offset, length);
        }
        int copied = Math.min(length, count - returned);
        System.arraycopy(bytes, returned, target, offset, copied);
        returned += copied;
        return copied;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
