package io.github.claudejakarta.claude.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One Server-Sent Event as it was received: its name and its data, and nothing of it interpreted.
 *
 * <p>The event is kept as the bytes of Anthropic's own framing, {@code event: NAME LF data: TEXT LF LF}, so that
 * passing it on is a copy. An event that came framed otherwise (CR LF, several {@code data} lines, fields in another
 * order) is framed anew with the same name and data. Comments, {@code id} and {@code retry} fields are not part of it.
 *
 * <p>Immutable, and safe to share between threads.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">WHATWG: Server-sent events</a>
 */
public final class ServerSentEvent {

    private static final byte[] EVENT = "event: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);

    private final byte[] bytes;
    private final int from;
    private final int to;

    private ServerSentEvent(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.from = from;
        this.to = to;
    }

    /**
     * An event of our own making, such as an {@code error} that tells how a stream broke.
     *
     * @param name the event's name; empty for an event without one
     * @param data the data; line ends in it separate {@code data} lines
     */
    public static ServerSentEvent of(String name, String data) {
        return of(name.getBytes(StandardCharsets.UTF_8), data.getBytes(StandardCharsets.UTF_8));
    }

    static ServerSentEvent of(byte[] name, byte[] data) {
        var frame = new ByteArrayOutputStream(EVENT.length + name.length + DATA.length + data.length + 3);
        if (name.length > 0) {
            frame.writeBytes(EVENT);
            frame.writeBytes(name);
            frame.write('\n');
        }
        frame.writeBytes(DATA);
        for (int i = 0; i < data.length; i++) {
            boolean isLineFeedOfCrLf = data[i] == '\n' && i > 0 && data[i - 1] == '\r';
            if (data[i] != '\n' && data[i] != '\r') {
                frame.write(data[i]);
            } else if (!isLineFeedOfCrLf) {
                frame.write('\n');
                frame.writeBytes(DATA);
            }
        }
        frame.write('\n');
        frame.write('\n');
        return new ServerSentEvent(frame.toByteArray(), 0, frame.size());
    }

    /**
     * The event that is framed in a part of an array, which is not copied and must not change.
     *
     * @param from where the frame begins
     * @param to after its blank line
     */
    public static ServerSentEvent in(byte[] bytes, int from, int to) {
        return new ServerSentEvent(bytes, from, to);
    }

    /** The event's name; empty where the upstream sent none. */
    public String name() {
        return new String(bytes, nameFrom(), nameTo() - nameFrom(), StandardCharsets.UTF_8);
    }

    /** Whether the event has this name, which is asked of every event and therefore costs no string. */
    public boolean isNamed(String name) {
        int at = nameFrom();
        if (to - at <= name.length() || bytes[at + name.length()] != '\n' || at == from) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (bytes[at + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private boolean hasName() {
        return to - from > EVENT.length && Arrays.equals(bytes, from, from + EVENT.length, EVENT, 0, EVENT.length);
    }

    private int nameFrom() {
        return hasName() ? from + EVENT.length : from;
    }

    private int nameTo() {
        int at = nameFrom();
        while (at > from && bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    /** The data as received; several {@code data} lines are joined with line feeds. */
    public String data() {
        int at = (hasName() ? nameTo() + 1 : from) + DATA.length;
        String text = new String(bytes, at, to - 2 - at, StandardCharsets.UTF_8);
        return text.indexOf('\n') < 0 ? text : text.replace("\ndata: ", "\n");
    }

    /** Bytes of the event on the wire, framing included. */
    public int size() {
        return to - from;
    }

    /** Copies the event, framed, into a buffer that has room for it. */
    public void copyTo(byte[] target, int at) {
        System.arraycopy(bytes, from, target, at, to - from);
    }

    /** Writes the event, framed. */
    public void writeTo(OutputStream out) throws IOException {
        out.write(bytes, from, to - from);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ServerSentEvent that && Arrays.equals(bytes, from, to, that.bytes, that.from, that.to);
    }

    @Override
    public int hashCode() {
        return data().hashCode();
    }

    /** For debugging: the name and size alone, since the data is somebody's conversation. */
    @Override
    public String toString() {
        return "ServerSentEvent[" + name() + ", " + size() + " bytes]";
    }
}
