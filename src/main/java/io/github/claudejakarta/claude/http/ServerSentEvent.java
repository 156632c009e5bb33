package io.github.claudejakarta.claude.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One Server-Sent Event as it was received: its name and its data, which are not interpreted.
 *
 * <p>The event is stored as the bytes of Anthropic's framing, {@code event: NAME LF data: TEXT LF LF}, so that it can
 * be forwarded without conversion. An event with another framing (CR LF, several {@code data} lines, fields in another
 * order) is converted to this framing with the same name and data. Comments, {@code id} and {@code retry} fields are
 * not part of it.
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
     * Creates an event of this server, such as an {@code error} that reports how a stream broke.
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
     * Returns the event whose frame is a part of an array. The array is not copied and must not change.
     *
     * @param from the index of the first byte of the frame
     * @param to the index after its blank line
     */
    public static ServerSentEvent in(byte[] bytes, int from, int to) {
        return new ServerSentEvent(bytes, from, to);
    }

    /** Returns the event's name; empty if the upstream sent none. */
    public String name() {
        return new String(bytes, nameFrom(), nameTo() - nameFrom(), StandardCharsets.UTF_8);
    }

    /** Whether the event has this name. The check creates no string, because it runs for every event. */
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

    /** Returns the data as received; several {@code data} lines are joined with line feeds. */
    public String data() {
        int at = (hasName() ? nameTo() + 1 : from) + DATA.length;
        String text = new String(bytes, at, to - 2 - at, StandardCharsets.UTF_8);
        return text.indexOf('\n') < 0 ? text : text.replace("\ndata: ", "\n");
    }

    /** Returns the size of the event on the wire in bytes, including its framing. */
    public int size() {
        return to - from;
    }

    /** Copies the event with its framing to a buffer that is large enough. */
    public void copyTo(byte[] target, int at) {
        System.arraycopy(bytes, from, target, at, to - from);
    }

    /** Writes the event with its framing. */
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

    /** Returns the name and the size only, because the data is a private conversation. */
    @Override
    public String toString() {
        return "ServerSentEvent[" + name() + ", " + size() + " bytes]";
    }
}
