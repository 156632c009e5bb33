package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The calls whose answer has not begun. They end when the server stops. */
final class UnansweredCalls {

    private final ClaudeClient client;
    private final Set<ClaudeCall> calls = ConcurrentHashMap.newKeySet();
    private volatile ClaudeException stopped;

    UnansweredCalls(ClaudeClient client) {
        this.client = client;
    }

    /** Sends a call, and waits for its answer or for the first event of its stream. */
    ClaudeAnswer answer(ClaudeCall call) {
        calls.add(call);
        try {
            // Checked after the call has been added, so that no call escapes a stop.
            ClaudeException why = stopped;
            if (why != null) {
                call.cancel(why);
            }
            return client.call(call);
        } finally {
            calls.remove(call);
        }
    }

    /** Ends all current and later calls with this error. Returns immediately. */
    void stop(ClaudeException why) {
        stopped = why;
        calls.forEach(call -> call.cancel(why));
    }
}
