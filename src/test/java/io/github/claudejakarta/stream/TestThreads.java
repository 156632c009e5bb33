package io.github.claudejakarta.stream;

import io.github.claudejakarta.runtime.WorkerThreads;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.function.UnaryOperator;

/** Creates threads for streams and watchers as in the server, without a context to pass on. */
public final class TestThreads {

    private TestThreads() {}

    /**
     * Returns threads.
     *
     * @param limit the number of tasks that run at the same time
     */
    public static WorkerThreads of(ThreadFactory factory, int limit) {
        var minute = Duration.ofMinutes(1);
        return new StreamSettings(minute, minute, minute, 1 << 20, limit).threads(factory, UnaryOperator.identity());
    }
}
