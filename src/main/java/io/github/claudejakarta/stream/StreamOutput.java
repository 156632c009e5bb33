package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Recovery;
import java.io.IOException;
import java.util.List;

/**
 * Where a watcher's events go. Its methods block while the client takes nothing, and fail once it has left; they are
 * never called at the same time.
 */
public interface StreamOutput {

    /** Has this run whenever the client has taken some of a long write. */
    default void onProgress(Runnable progress) {}

    /** Has this run when it is found out otherwise that the client has left. */
    default void onLeft(Runnable leave) {}

    /**
     * Called once, before the first write.
     *
     * @param before the last events that the client had before, at most 16; empty where it begins with the first one. A
     *     character that comes in two events needs them
     */
    default void begin(List<ServerSentEvent> before) throws IOException {}

    /** Writes and flushes all that is waiting, so that it goes out at once. */
    void write(EventRun events) throws IOException;

    /** Marks the place where the answer broke off and was continued; not part of the stream. */
    default void recovered(Recovery place) throws IOException {}

    /** A sign of life that is not part of the stream. */
    void heartbeat() throws IOException;

    /** Called once, after the last event of a stream that has ended was written. */
    default void finish() throws IOException {}

    /** Ends this client's response, and not the stream, with an error. */
    void end(ClaudeException why) throws IOException;
}
