package io.github.claudejakarta.stream;

import java.util.Map;

/** A stream that was opened for one client, and whose first event has come. */
public final class OpenedStream implements AutoCloseable {

    private final LiveStream stream;
    private final Map<String, String> headers;

    OpenedStream(LiveStream stream, Map<String, String> headers) {
        this.stream = stream;
        this.headers = headers;
    }

    /** The stream, for its client and others that watch it. */
    public ClaudeStream stream() {
        return stream;
    }

    /** Headers of Claude's answer that may be shown to the caller, names in lower case. */
    public Map<String, String> headers() {
        return headers;
    }

    /**
     * Ends the client's part: it has had its response, or never came. Unless others watch, the stream is canceled. One
     * that has ended is deflated.
     */
    @Override
    public void close() {
        stream.cancelIfAbandoned();
        stream.compactIfEnded();
    }
}
