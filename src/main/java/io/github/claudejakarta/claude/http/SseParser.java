package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ByteOrderMark;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Parses bytes to Server-Sent Events (WHATWG event stream grammar). It does no I/O and does not read the data of
 * events.
 *
 * <p>Jersey's reader processes a stream byte by byte, which took more than half of the time of a relayed event. This
 * parser recognizes Anthropic's framing in the receive buffer and copies it as a block. Line ends are LF, CR LF or CR
 * only (U+2028 is text). An event is complete with its blank line. At the normal end of a body it is complete with its
 * last line. Events without a {@code data} line are dropped, as the grammar requires.
 *
 * <p>Not safe for use by several threads.
 */
final class SseParser {

    /**
     * The maximum size of an event. A larger one fails the stream. Anthropic's largest known events are fetched
     * documents of a few MB.
     */
    static final int MAX_EVENT_BYTES = 32 << 20;

    private static final int READ_SIZE = 4 << 10;
    private static final byte[] EVENT_FIELD = "event: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA_FIELD = "data: ".getBytes(StandardCharsets.US_ASCII);

    /** The bytes of the current event begin at {@code start}; the lines before {@code line} are complete. */
    private byte[] buffer = new byte[READ_SIZE];

    private int start;
    private int line;
    private int scanned;
    private int end;

    private boolean atBeginning = true;
    private boolean skipLineFeed;
    private Frame frame = new Frame();

    /** Returns the buffer for the next bytes. Write them at {@link #position()}, at most {@link #room()}. */
    byte[] buffer() {
        return buffer;
    }

    int position() {
        return end;
    }

    /** Makes room for at least some bytes, and returns their number. */
    int room() {
        if (start == end) {
            start = line = scanned = end = 0;
        } else if (buffer.length - end < READ_SIZE / 4) {
            makeRoom();
        }
        return buffer.length - end;
    }

    private void makeRoom() {
        int used = end - start;
        byte[] target = used > buffer.length / 2 ? new byte[buffer.length * 2] : buffer;
        System.arraycopy(buffer, start, target, 0, used);
        buffer = target;
        frame.moved(-start);
        line -= start;
        scanned -= start;
        end = used;
        start = 0;
    }

    /**
     * Parses the {@code count} bytes that were written at {@link #position()}, and adds the events that they complete.
     */
    void parse(int count, List<ServerSentEvent> events) {
        end += count;
        if (atBeginning && !skipByteOrderMark()) {
            return;
        }
        while (scanned < end) {
            byte b = buffer[scanned++];
            if (b == '\n') {
                if (skipLineFeed) {
                    skipLineFeed = false;
                    skipByte();
                } else {
                    endLine(scanned - 1, events);
                }
            } else {
                skipLineFeed = false;
                if (b == '\r') {
                    frame.isCanonical = false;
                    endLine(scanned - 1, events);
                    skipLineFeed = true;
                }
            }
        }
        requireBounded(end);
        if (start == end && buffer.length > READ_SIZE) {
            buffer = new byte[READ_SIZE];
            start = line = scanned = end = 0;
        }
    }

    /** Handles the normal end of the body: an event that lacks only its blank line is complete. */
    void finish(List<ServerSentEvent> events) {
        if (line == end) {
            frame.isCanonical = false;
            dispatch(events);
        }
    }

    private boolean skipByteOrderMark() {
        if (end < ByteOrderMark.LENGTH && ByteOrderMark.isBeginning(buffer, 0, end)) {
            return false;
        }
        start = line = scanned = ByteOrderMark.length(buffer, 0, end);
        atBeginning = false;
        return true;
    }

    /** Skips the LF of a CR LF, which belongs to the previous line. */
    private void skipByte() {
        if (line == scanned - 1) {
            line = scanned;
        }
        if (start == scanned - 1) {
            start = scanned;
        }
    }

    private void endLine(int lineEnd, List<ServerSentEvent> events) {
        int from = line;
        line = scanned;
        if (lineEnd == from) {
            dispatch(events);
        } else {
            frame.add(from, lineEnd);
        }
    }

    private void requireBounded(int to) {
        if (to - start > MAX_EVENT_BYTES) {
            throw new IllegalStateException("an event is larger than " + MAX_EVENT_BYTES + " bytes");
        }
    }

    private void dispatch(List<ServerSentEvent> events) {
        requireBounded(scanned);
        ServerSentEvent event = frame.event(scanned);
        if (event != null) {
            events.add(event);
        }
        frame.clear();
        start = scanned;
    }

    /** The current event: the positions of its name and data in the buffer. */
    private final class Frame {

        private int nameFrom;
        private int nameTo;
        private final List<int[]> data = new ArrayList<>(1);
        /** Whether the bytes have Anthropic's framing: at most one event line, one data line, LF. */
        private boolean isCanonical = true;

        void add(int from, int to) {
            if (startsWith(DATA_FIELD, from, to)) {
                isCanonical &= data.isEmpty();
                data.add(new int[] {from + DATA_FIELD.length, to});
            } else if (startsWith(EVENT_FIELD, from, to)) {
                isCanonical &= data.isEmpty() && from == start && to > from + EVENT_FIELD.length;
                nameFrom = from + EVENT_FIELD.length;
                nameTo = to;
            } else {
                isCanonical = false;
                addUnusual(from, to);
            }
        }

        /** Adds a line with another form: a field without a space or a colon, a comment, or another field. */
        private void addUnusual(int from, int to) {
            int colon = from;
            while (colon < to && buffer[colon] != ':') {
                colon++;
            }
            int value = colon < to ? colon + 1 : to;
            if (is("data", from, colon)) {
                data.add(new int[] {value, to});
            } else if (is("event", from, colon)) {
                nameFrom = value;
                nameTo = to;
            }
        }

        private boolean startsWith(byte[] prefix, int from, int to) {
            return to - from >= prefix.length
                    && Arrays.equals(buffer, from, from + prefix.length, prefix, 0, prefix.length);
        }

        private boolean is(String field, int from, int to) {
            return to - from == field.length()
                    && field.equals(new String(buffer, from, to - from, StandardCharsets.UTF_8));
        }

        void moved(int by) {
            nameFrom += by;
            nameTo += by;
            for (int[] piece : data) {
                piece[0] += by;
                piece[1] += by;
            }
        }

        /** Returns the event, or null without data. */
        ServerSentEvent event(int frameEnd) {
            if (data.isEmpty()) {
                return null;
            }
            if (isCanonical) {
                return ServerSentEvent.in(Arrays.copyOfRange(buffer, start, frameEnd), 0, frameEnd - start);
            }
            int size = data.size() - 1;
            for (int[] piece : data) {
                size += piece[1] - piece[0];
            }
            byte[] joined = new byte[size];
            int at = 0;
            for (int[] piece : data) {
                if (at > 0 || piece != data.get(0)) {
                    joined[at++] = '\n';
                }
                System.arraycopy(buffer, piece[0], joined, at, piece[1] - piece[0]);
                at += piece[1] - piece[0];
            }
            byte[] name = nameTo == nameFrom ? new byte[0] : Arrays.copyOfRange(buffer, nameFrom, nameTo);
            return ServerSentEvent.of(name, joined);
        }

        void clear() {
            nameFrom = nameTo = 0;
            data.clear();
            isCanonical = true;
        }
    }
}
