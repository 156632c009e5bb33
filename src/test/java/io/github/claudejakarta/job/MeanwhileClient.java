package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A client that runs an action of the test in the middle of an attempt: after Claude has begun to answer, and before
 * the answer is read.
 */
final class MeanwhileClient extends ClaudeClient {

    private static final Runnable NOTHING = () -> {};

    private final ClaudeClient claude;
    private final AtomicReference<Runnable> first = new AtomicReference<>(NOTHING);
    private final AtomicReference<Runnable> next = new AtomicReference<>(NOTHING);

    MeanwhileClient(ClaudeClient claude) {
        this.claude = claude;
    }

    /** Sets the action for the middle of the next attempt only. */
    void meanwhile(Runnable work) {
        next.set(work);
    }

    /** Sets an action that runs before the next request is sent. If the action throws, the request is not sent. */
    void before(Runnable work) {
        first.set(work);
    }

    @Override
    public ClaudeAnswer call(ClaudeCall call) {
        first.getAndSet(NOTHING).run();
        ClaudeAnswer answer = claude.call(call);
        next.getAndSet(NOTHING).run();
        return answer;
    }
}
