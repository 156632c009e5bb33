package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.server.ClientConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Starts, finds and watches streams. Safe for use by many threads.
 *
 * <p>Callers of these methods check whether a client may see a stream ({@link ClaudeStream#owner}).
 */
public interface Streams {

    /** Returns a stream that runs or is stored; empty after its retention. */
    Optional<ClaudeStream> find(String id);

    /** Returns all streams that run or are stored, newest first. */
    List<ClaudeStream> list();

    /** Returns numbers of streams, for metrics. */
    StreamCounts counts();

    /**
     * Starts a stream that runs to its end without clients, and returns immediately.
     *
     * @param request a request for a message as events. Its caller may see the stream. If the answer breaks off, the
     *     recovery mode of the request or {@code claude.stream.recovery} applies
     * @throws ClaudeException {@code overloaded_error} if no memory or thread is left, {@code rate_limit_error} if the
     *     caller has reached its limit of streams
     */
    ClaudeStream start(ClaudeRequest request);

    /**
     * Starts a stream like {@link #start(ClaudeRequest)}. A receiver gets the complete message before the watchers see
     * its end.
     *
     * @throws ClaudeException {@code overloaded_error} if no memory or thread is left, {@code rate_limit_error} if the
     *     caller has reached its limit of streams
     */
    ClaudeStream start(ClaudeRequest request, AnswerReceiver receiver);

    /**
     * Creates a stream that can be watched but does not run yet. {@link CallerRunStream#run} sends the request, and
     * {@link ClaudeStream#cancel} ends the stream.
     *
     * @param call a call for a message as events. Its caller may see the stream. If the answer breaks off, the recovery
     *     mode of the request or {@code claude.stream.recovery} applies
     * @throws ClaudeException {@code overloaded_error} if no memory is left
     */
    CallerRunStream begin(ClaudeCall call);

    /**
     * Starts a stream for one client, and waits until it has begun. Earlier failures are thrown. The stream is canceled
     * when its last client leaves.
     *
     * @param call a call for a message as events. Its caller may see the stream. If the answer breaks off, the recovery
     *     mode of the request or {@code claude.stream.recovery} applies
     * @throws ClaudeException the error of Claude, after retries; {@code overloaded_error} if no memory is left,
     *     {@code rate_limit_error} if the caller has reached its limit of streams
     */
    OpenedStream open(ClaudeCall call);

    /** Prepares the wait for the first event of a stream. */
    FirstEvent firstEvent(ClaudeStream stream);

    /**
     * Writes a stream to a client of any kind, on the calling thread, until it ends.
     *
     * @param from the sequence number of the first event
     * @param connection closed if the client reads nothing for too long
     * @throws IOException if the client leaves before the end
     */
    void watch(ClaudeStream stream, int from, StreamOutput output, ClientConnection connection) throws IOException;

    /**
     * Adds a client as a watcher of a stream. Exactly one of the result's methods must be called.
     *
     * @param from the sequence number of the first event
     * @param connection closed if the client reads nothing for too long
     */
    Watcher join(ClaudeStream stream, int from, StreamOutput output, ClientConnection connection);

    /** Cancels a stream when it has had no watchers for this time. It has no effect on a stream that has ended. */
    void cancelWhenUnwatched(ClaudeStream stream, Duration grace);

    /**
     * Compresses a stream that has ended. Callers that have finished with it call this after their client has its
     * response.
     */
    void compactIfEnded(ClaudeStream stream);

    /** Returns the error for an id without a stream, or whose stream the caller may not see. */
    static ClaudeException noSuchStream(String id) {
        return ClaudeException.of(
                ErrorType.NOT_FOUND,
                "There is no stream " + id
                        + " on this server. Check the id and the caller. Streams are deleted claude.stream.retention after their end");
    }
}
