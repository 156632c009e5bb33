package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeRequest;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Event streams for tests: converts text to events, and events to names and data. */
final class Sse {

    /** The name and the data of an event, independent of its framing. */
    record Event(String name, String data) {

        static Event of(ServerSentEvent event) {
            return new Event(event.name(), event.data());
        }
    }

    private Sse() {}

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static List<Event> read(String body) {
        return read(bytes(body));
    }

    static List<Event> read(byte[] body) {
        return read(new ByteArrayInputStream(body));
    }

    static List<Event> read(InputStream body) {
        return received(body).stream().map(Event::of).toList();
    }

    static List<ServerSentEvent> received(InputStream body) {
        var stream = events(body);
        var all = new ArrayList<ServerSentEvent>();
        for (var events = stream.read(); !events.isEmpty(); events = stream.read()) {
            all.addAll(events);
        }
        return all;
    }

    static EventStream events(InputStream body) {
        return EventStreams.of(new ClaudeCall(ClaudeRequest.models()), body, () -> {});
    }

    /** A body that arrives in two pieces. */
    static InputStream cut(byte[] body, int at) {
        return pieces(body, at, body.length);
    }

    /** A body that arrives byte by byte. */
    static InputStream byteByByte(byte[] body) {
        return pieces(
                body, java.util.stream.IntStream.rangeClosed(1, body.length).toArray());
    }

    /** Returns a body whose reads never go beyond the next of these ends. */
    static InputStream pieces(byte[] body, int... ends) {
        return new ByteArrayInputStream(body) {
            private int piece;

            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                while (piece < ends.length && ends[piece] <= pos) {
                    piece++;
                }
                return super.read(target, offset, piece < ends.length ? Math.min(length, ends[piece] - pos) : length);
            }
        };
    }
}
