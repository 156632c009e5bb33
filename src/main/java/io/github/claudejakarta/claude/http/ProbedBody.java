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
 * The body of a response whose beginning can be inspected before the body is read: gateways send events without a
 * {@code Content-Type}, and errors with status 200.
 *
 * <p>It reads ahead only as far as the decision needs, and at most {@value #MOST} bytes, so that an event is not held
 * back. The bytes that were read ahead are the first that {@link #read} returns. For use by one thread at a time;
 * {@link #close} may be called by another.
 */
final class ProbedBody extends InputStream {

    /** What a body begins as. */
    enum Kind {
        /** A field or a comment of Server-Sent Events. */
        EVENTS,
        /**
         * A JSON object whose {@code type} is {@code error}, or that has an {@code error} object before any
         * {@code type}.
         */
        ERROR,
        /** Any other JSON object, or what begins like one. */
        JSON,
        /** No bytes, or only white space. */
        EMPTY,
        OTHER
    }

    static final int MOST = 4 << 10;

    private static final List<String> FIELDS = List.of("event", "data", "id", "retry");
    private static final int LONGEST_FIELD = 5;
    private static final String BLANKS = "\u00EF\u00BB\u00BF \t\r\n";

    private final InputStream in;
    private final Runnable arrived;
    private byte[] bytes = new byte[MOST];
    private int count;
    private int given;

    /** @param arrived run when bytes have been read ahead, also where they do not suffice for the decision */
    ProbedBody(InputStream body, Runnable arrived) {
        this.in = body;
        this.arrived = arrived;
    }

    /** Reads ahead until it is clear what the body is. To be called before the first {@link #read}. */
    Kind kind() throws IOException {
        Optional<Kind> kind = known();
        while (kind.isEmpty()) {
            int more = count == MOST ? -1 : in.read(bytes, count, MOST - count);
            if (more < 0) {
                int at = firstByte();
                return at == count ? Kind.EMPTY : bytes[at] == '{' ? Kind.JSON : Kind.OTHER;
            }
            count += more;
            arrived.run();
            kind = known();
        }
        return kind.get();
    }

    /** Empty while more bytes have to be read. */
    private Optional<Kind> known() {
        int at = firstByte();
        if (at == count) {
            return Optional.empty();
        }
        return bytes[at] == '{'
                ? isError(at).map(isError -> isError ? Kind.ERROR : Kind.JSON)
                : isField(at).map(isField -> isField ? Kind.EVENTS : Kind.OTHER);
    }

    /** After a byte order mark, white space and empty lines. */
    private int firstByte() {
        int at = 0;
        while (at < count && BLANKS.indexOf(bytes[at] & 0xff) >= 0) {
            at++;
        }
        return at;
    }

    /** Looks at the first fields of the object, as far as they are there; one that says nothing is passed over. */
    private Optional<Boolean> isError(int at) {
        try (JsonParser json = new JsonBytes(bytes, at, count - at)) {
            json.next();
            while (json.next() == JsonParser.Event.KEY_NAME) {
                String name = json.getString();
                if (name.equals("custom_id")) {
                    // A line of results, which may be long.
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
            // It is not all there, or not JSON.
            return Optional.empty();
        }
    }

    private Optional<Boolean> isField(int at) {
        int end = at;
        while (end < count && end - at <= LONGEST_FIELD && ":\r\n".indexOf(bytes[end]) < 0) {
            end++;
        }
        if (end == count && end - at <= LONGEST_FIELD) {
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

    /** Returns what was read ahead before it reads on, so that it waits for nothing that is there. */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (given == count) {
            bytes = null;
            return in.read(target, offset, length);
        }
        int some = Math.min(length, count - given);
        System.arraycopy(bytes, given, target, offset, some);
        given += some;
        return some;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
