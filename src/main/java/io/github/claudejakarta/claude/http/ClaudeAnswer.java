package io.github.claudejakarta.claude.http;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What Claude answered a call with success.
 *
 * @param status the HTTP status, 2xx
 * @param headers what may be shown to the caller, names in lower case: content type, request id, rate limits
 * @param body the whole body; empty for a stream
 * @param events the events of a stream, to be closed by whoever reads them; null for an answer that is not streamed
 * @param content the body of a download, to be closed by whoever reads it; null for every other answer. Its reads fail
 *     with a {@code SocketTimeoutException} after too long a silence, and its {@code close} cuts what has not been read
 */
public record ClaudeAnswer(
        int status, Map<String, String> headers, byte[] body, EventStream events, InputStream content) {

    static ClaudeAnswer whole(int status, Map<String, String> headers, byte[] body) {
        return new ClaudeAnswer(status, headers, body, null, null);
    }

    static ClaudeAnswer streamed(int status, Map<String, String> headers, EventStream events) {
        return new ClaudeAnswer(status, headers, new byte[0], events, null);
    }

    static ClaudeAnswer download(int status, Map<String, String> headers, InputStream content) {
        return new ClaudeAnswer(status, headers, new byte[0], null, content);
    }

    /** Whether there is more to come, and so something to close. */
    boolean isOpen() {
        return events != null || content != null;
    }

    /** The body as text. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
