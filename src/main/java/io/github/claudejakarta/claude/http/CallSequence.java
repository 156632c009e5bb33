package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;

/**
 * Calls that are made one after the other for one purpose, as downloads of the parts of a result. Canceling ends the
 * call that runs, and those that would follow.
 *
 * <p>Safe for use by many threads.
 */
public final class CallSequence {

    private ClaudeCall current;
    private ClaudeException cancellation;

    /** Makes a call part of this sequence, in place of the one before it. */
    public synchronized ClaudeCall next(ClaudeCall call) {
        current = call;
        if (cancellation != null) {
            call.cancel(cancellation);
        }
        return call;
    }

    /** @param why thrown to the thread that waits for an answer, as by {@link ClaudeCall#cancel(ClaudeException)} */
    public synchronized void cancel(ClaudeException why) {
        cancellation = why;
        if (current != null) {
            current.cancel(why);
        }
    }
}
