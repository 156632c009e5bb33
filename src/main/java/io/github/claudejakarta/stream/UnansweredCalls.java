package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Calls whose answer has not begun. A stop of the server ends them. */
final class UnansweredCalls {

    private final ClaudeClient client;
    private final Set<ClaudeCall> calls = ConcurrentHashMap.newKeySet();
    private volatile ClaudeException stopped;

    UnansweredCalls(ClaudeClient client) {
        this.client = client;
    }

    /** Waits for the answer of a call, or the first event of its stream. */
    ClaudeAnswer answer(ClaudeCall call) {
        calls.add(call);
        try {
            // Once it can be found by a stop, so that no call escapes.
            ClaudeException why = stopped;
            if (why != null) {
                call.cancel(why);
            }
            return client.call(call);
        } finally {
            calls.remove(call);
        }
    }

    /** Ends all calls, and each that follows, with this error. Returns immediately. */
    void stop(ClaudeException why) {
        stopped = why;
        calls.forEach(call -> call.cancel(why));
    }
}
