package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.List;

/** The source of a stream's events, for an {@link UpstreamReader}. */
interface EventSource {

    /**
     * Blocks until events arrive. The last event of the source is terminal, even if the upstream broke. Never fails.
     *
     * @return never empty
     */
    List<ServerSentEvent> read();

    /** Releases the connection. Called once, when the log has ended. */
    void close();
}
