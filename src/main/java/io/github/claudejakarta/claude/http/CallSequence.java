package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;

/**
 * A sequence of calls for one purpose, such as downloads of the parts of a result. Canceling ends the current call and
 * all later calls.
 *
 * <p>Safe for use by many threads.
 */
public final class CallSequence {

    private ClaudeCall current;
    private ClaudeException cancellation;

    /** Makes a call the current call of this sequence. */
    public synchronized ClaudeCall next(ClaudeCall call) {
        current = call;
        if (cancellation != null) {
            call.cancel(cancellation);
        }
        return call;
    }

    /**
     * @param why the exception for the thread that waits for an answer, see {@link ClaudeCall#cancel(ClaudeException)}
     */
    public synchronized void cancel(ClaudeException why) {
        cancellation = why;
        if (current != null) {
            current.cancel(why);
        }
    }
}
