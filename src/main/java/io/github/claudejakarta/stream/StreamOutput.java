package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Recovery;
import java.io.IOException;
import java.util.List;

/**
 * Receives the events of a watcher. Its methods block while the client reads nothing, and fail when it has left. They
 * are never called concurrently.
 */
public interface StreamOutput {

    /** Sets an action that runs each time the client has read a part of a long write. */
    default void onProgress(Runnable progress) {}

    /** Sets an action that runs when another part of the server detects that the client has left. */
    default void onLeft(Runnable leave) {}

    /**
     * Called once, before the first write.
     *
     * @param before the last events before the client's first one, at most 16; empty if it begins with the first event.
     *     They are needed if two events split a character
     */
    default void begin(List<ServerSentEvent> before) throws IOException {}

    /** Writes and flushes all waiting events together. */
    void write(EventRun events) throws IOException;

    /** Marks the place at which the answer broke off and was continued. The mark is not part of the stream. */
    default void recovered(Recovery place) throws IOException {}

    /** Writes a heartbeat, which is not part of the stream. */
    void heartbeat() throws IOException;

    /** Called once, after the last event of a stream that has ended was written. */
    default void finish() throws IOException {}

    /** Ends the response of this client, not the stream, with an error. */
    void end(ClaudeException why) throws IOException;
}
