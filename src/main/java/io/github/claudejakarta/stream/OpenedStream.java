package io.github.claudejakarta.stream;

import java.util.Map;

/**
 * A stream whose first event has come.
 *
 * @param headers of Claude's answer that may be shown to the caller, names in lower case
 */
public record OpenedStream(ClaudeStream stream, Map<String, String> headers) implements AutoCloseable {

    /**
     * The client it was opened for is done, or never came: unless others watch, the stream is called off. What is over
     * is deflated.
     */
    @Override
    public void close() {
        stream.cancelIfAbandoned();
        stream.compactIfEnded();
    }
}
