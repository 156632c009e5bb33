package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeRequest;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Event streams without a connection, for the tests of other packages. */
public final class EventStreams {

    private EventStreams() {}

    public static EventStream of(byte[] body) {
        return of(new ClaudeCall(ClaudeRequest.models()), new ByteArrayInputStream(body), () -> {});
    }

    /** A body that arrives in two pieces. */
    public static EventStream cut(byte[] body, int at) {
        return of(new ClaudeCall(ClaudeRequest.models()), Sse.cut(body, at), () -> {});
    }

    /** @param response closed with the stream */
    public static EventStream of(ClaudeCall call, InputStream body, Closeable response) {
        return new EventStream(body, call, response);
    }

    /** Returns the events of a fixture in Anthropic's framing, which most fixtures already have. */
    public static String framed(byte[] fixture) {
        return new String(fixture, StandardCharsets.UTF_8)
                .replace("\r\n", "\n")
                .replaceAll("(?m)^(:|id|retry).*\n", "")
                .replaceAll("(?m)^(event|data):(?! )", "$1: ")
                .replaceAll("^\n+", "")
                .replaceAll("\n\n\n+", "\n\n");
    }
}
