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
 * All streams: they are started, found, and watched here. Safe for use by many threads.
 *
 * <p>Whether a caller may see a stream ({@link ClaudeStream#owner}) is checked by those who ask for it.
 */
public interface Streams {

    /** A stream that runs or is kept; empty once its retention is over. */
    Optional<ClaudeStream> find(String id);

    /** All streams that run or are kept, newest first. */
    List<ClaudeStream> list();

    /** Numbers of streams, for metrics. */
    StreamCounts counts();

    /**
     * Starts a stream that runs to its end without clients, and returns immediately.
     *
     * @param request for a message as events. Its caller is the one who may see the stream; an answer that breaks off
     *     is treated as it says, or as {@code claude.stream.recovery} says if it says nothing
     * @throws ClaudeException {@code overloaded_error} where no more streams fit, {@code rate_limit_error} where the
     *     caller has as many as it may
     */
    ClaudeStream start(ClaudeRequest request);

    /**
     * Starts a stream like {@link #start(ClaudeRequest)}, whose complete message a receiver gets before the watchers
     * see its end.
     *
     * @throws ClaudeException {@code overloaded_error} where no more streams fit, {@code rate_limit_error} where the
     *     caller has as many as it may
     */
    ClaudeStream start(ClaudeRequest request, AnswerReceiver receiver);

    /**
     * Makes a stream that can be watched, and sends nothing yet: {@link CallerRunStream#run} does, or
     * {@link ClaudeStream#cancel} ends it.
     *
     * @param call of a request for a message as events. Its caller is the one who may see the stream; an answer that
     *     breaks off is treated as the request says, or as {@code claude.stream.recovery} says if it says nothing
     * @throws ClaudeException {@code overloaded_error} where no more streams fit
     */
    CallerRunStream begin(ClaudeCall call);

    /**
     * Starts a stream for one client, and waits until it has begun: what fails before is thrown. It is canceled when
     * its last client leaves.
     *
     * @param call of a request for a message as events. Its caller is the one who may see the stream; an answer that
     *     breaks off is treated as the request says, or as {@code claude.stream.recovery} says if it says nothing
     * @throws ClaudeException whatever Claude refused, after retries; {@code overloaded_error} where no more streams
     *     fit, {@code rate_limit_error} where the caller has as many as it may
     */
    OpenedStream open(ClaudeCall call);

    /** Prepares a wait for the first event of a stream. */
    FirstEvent beginning(ClaudeStream stream);

    /**
     * Writes a stream to a client of any kind, on the calling thread, until it ends.
     *
     * @param from the sequence number of the first event
     * @param connection closed if the client takes nothing for too long
     * @throws IOException if the client left before
     */
    void watch(ClaudeStream stream, int from, StreamOutput output, ClientConnection connection) throws IOException;

    /**
     * Has a client count as a watcher of a stream from now on. Either method of the result is called.
     *
     * @param from the sequence number of the first event
     * @param connection closed if the client accepts nothing for too long
     */
    Watcher join(ClaudeStream stream, int from, StreamOutput output, ClientConnection connection);

    /** Has a stream canceled when nobody has watched it for so long. Does nothing to a stream that has ended. */
    void cancelWhenUnwatched(ClaudeStream stream, Duration grace);

    /** Deflates a stream that has ended. Called by those who are done with it, after their client has its response. */
    void compactIfEnded(ClaudeStream stream);

    /** The error for an id without a stream, or with one that the caller may not see. */
    static ClaudeException noSuchStream(String id) {
        return ClaudeException.of(ErrorType.NOT_FOUND, "There is no stream " + id);
    }
}
