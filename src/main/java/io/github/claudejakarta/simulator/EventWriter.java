package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;

/** Writes events in Claude's format. The directives decide how the bytes are divided into writes. */
final class EventWriter {

    private static final int SPLIT = 5;
    private static final Duration SPLIT_PAUSE = Duration.ofNanos(100_000);

    private final HttpResponse response;
    private final String lineEnd;
    private final boolean isSplit;
    private final int coalesced;
    private final ByteArrayOutputStream queue = new ByteArrayOutputStream();
    private int queuedDeltas;

    EventWriter(HttpResponse response, Directives directives) {
        this.response = response;
        lineEnd = directives.isOn("crlf") ? "\r\n" : "\n";
        isSplit = directives.isOn("split");
        coalesced = directives.number("coalesce", 1);
    }

    /** Writes an event that has only a type. */
    void event(String type) throws IOException {
        event(type, PROVIDER.createObjectBuilder());
    }

    void event(String type, JsonObjectBuilder rest) throws IOException {
        event(PROVIDER.createObjectBuilder().add("type", type).addAll(rest).build());
    }

    /** Writes an event. Each event is a separate write, unless deltas are coalesced. */
    void event(JsonObject data) throws IOException {
        raw(data.getString("type"), data.toString());
    }

    void raw(String name, String data) throws IOException {
        queue(name, data);
        if (coalesced <= 1) {
            flush();
        }
    }

    void delta(int index, JsonObject delta) throws IOException {
        queue(
                "content_block_delta",
                PROVIDER.createObjectBuilder()
                        .add("type", "content_block_delta")
                        .add("index", index)
                        .add("delta", delta)
                        .build()
                        .toString());
        if (++queuedDeltas >= coalesced) {
            flush();
        }
    }

    /** Writes a ping, with the same blank as Claude's. */
    void ping() throws IOException {
        raw("ping", "{\"type\": \"ping\"}");
    }

    private void queue(String name, String data) {
        queue.writeBytes(JsonText.bytes("event: " + name + lineEnd + "data: " + data + lineEnd + lineEnd));
    }

    void flush() throws IOException {
        queuedDeltas = 0;
        var bytes = queue.toByteArray();
        queue.reset();
        var step = isSplit ? SPLIT : Math.max(1, bytes.length);
        for (var from = 0; from < bytes.length; from += step) {
            response.write(bytes, from, Math.min(step, bytes.length - from));
            if (isSplit) {
                response.pause(SPLIT_PAUSE);
            }
        }
    }

    HttpResponse response() {
        return response;
    }
}
