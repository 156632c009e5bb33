package io.github.claudejakarta.claude.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What Claude answered a call with success.
 *
 * @param status  the HTTP status, 2xx
 * @param headers what may be shown to the caller, names in lower case: content type, request id, rate limits
 * @param body    the whole body; empty for a stream
 * @param events  the events of a stream, to be closed by whoever reads them; null for an answer that is not streamed
 */
public record ClaudeAnswer(int status, Map<String, String> headers, byte[] body, EventStream events) {

    static ClaudeAnswer whole(int status, Map<String, String> headers, byte[] body) {
        return new ClaudeAnswer(status, headers, body, null);
    }

    static ClaudeAnswer streamed(int status, Map<String, String> headers, EventStream events) {
        return new ClaudeAnswer(status, headers, new byte[0], events);
    }

    /** The body as text. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
