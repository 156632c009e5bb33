package io.github.claudejakarta.claude.http;

import java.util.function.Consumer;

/**
 * Wants to know of every call to Claude: what it asks for, and what came of it. All beans of this type are told.
 *
 * <p>Events are not told one by one: the relay does not get slower by being observed.
 */
public interface CallObserver {

    /**
     * A call begins: told on the thread that asks, before anything is sent. What fails here is logged, and the call
     * goes on.
     *
     * @return told once how it ended, by the thread that ended it: when the whole answer is there, its last event was
     *     read, the download was closed, or there is no answer. It must not block for long
     */
    Consumer<CallOutcome> begun(ClaudeCall call);
}
