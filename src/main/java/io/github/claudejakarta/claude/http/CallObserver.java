package io.github.claudejakarta.claude.http;

import java.util.function.Consumer;

/**
 * Observes every call to Claude: its request and its outcome. All beans of this type are notified.
 *
 * <p>Observers are not notified of single events, so that observation does not slow the relay down.
 */
public interface CallObserver {

    /**
     * Observes the beginning of a call, on the thread that makes it and before anything is sent. A failure of this
     * method is logged, and the call continues.
     *
     * @return receives the outcome of the call once, on the thread that ends it. A call ends when the whole answer has
     *     arrived, its last event was read, the download was closed, or the call failed. The receiver must not block
     *     for long
     */
    Consumer<CallOutcome> begin(ClaudeCall call);
}
