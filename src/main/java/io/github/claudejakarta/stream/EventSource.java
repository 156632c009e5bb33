package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.List;

/** Where the next events of a stream come from, for an {@link UpstreamReader}. */
interface EventSource {

    /**
     * Blocks until there are events. The last one of all is terminal, also when the upstream broke. Never fails.
     *
     * @return never empty
     */
    List<ServerSentEvent> read();

    /** Releases the connection. Called once, when the log has ended. */
    void close();
}
