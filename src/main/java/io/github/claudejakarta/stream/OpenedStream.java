package io.github.claudejakarta.stream;

import java.util.Map;

/** A stream that was opened for one client, and whose first event has arrived. */
public final class OpenedStream implements AutoCloseable {

    private final LiveStream stream;
    private final Map<String, String> headers;

    OpenedStream(LiveStream stream, Map<String, String> headers) {
        this.stream = stream;
        this.headers = headers;
    }

    /** Returns the stream, for its client and other watchers. */
    public ClaudeStream stream() {
        return stream;
    }

    /** Returns the headers of Claude's answer that the caller may see, with names in lower case. */
    public Map<String, String> headers() {
        return headers;
    }

    /**
     * Ends the part of the first client, after its response or without one. The stream is canceled unless others watch
     * it. A stream that has ended is compressed.
     */
    @Override
    public void close() {
        stream.cancelIfAbandoned();
        stream.compactIfEnded();
    }
}
