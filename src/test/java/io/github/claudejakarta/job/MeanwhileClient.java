package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A client that lets the test do something in the middle of an attempt: once Claude has begun to answer, and before
 * that is read.
 */
final class MeanwhileClient extends ClaudeClient {

    private static final Runnable NOTHING = () -> {};

    private final ClaudeClient claude;
    private final AtomicReference<Runnable> first = new AtomicReference<>(NOTHING);
    private final AtomicReference<Runnable> next = new AtomicReference<>(NOTHING);

    MeanwhileClient(ClaudeClient claude) {
        this.claude = claude;
    }

    /** In the middle of the next attempt, and of no other. */
    void meanwhile(Runnable work) {
        next.set(work);
    }

    /** Before the next attempt asks anything, and in its place where this throws. */
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
