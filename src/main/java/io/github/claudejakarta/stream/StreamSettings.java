package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.WorkerThreads;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.function.UnaryOperator;

/**
 * How streams are kept and watched. Each component is the key {@code claude.stream.*} of the same name.
 *
 * @param retention how long an ended stream can still be watched
 * @param heartbeat after how long without bytes a client gets a sign of life
 * @param writeTimeout how long a client may take no byte
 * @param maxBytes all logs together, running ones included
 * @param maxWatchers clients at once, of all streams together; each holds a thread
 */
public record StreamSettings(
        Duration retention, Duration heartbeat, Duration writeTimeout, long maxBytes, int maxWatchers) {

    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);

    private static final int SHARE_OF_HEAP = 4;

    /** The settings where the configuration says nothing. */
    public static final StreamSettings DEFAULTS = new StreamSettings(
            Duration.ofMinutes(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP,
            10_000);

    public StreamSettings {
        if (retention.isNegative()) {
            throw new IllegalArgumentException("claude.stream.retention must not be negative: " + retention);
        }
        requirePositive(heartbeat, "claude.stream.heartbeat");
        requirePositive(writeTimeout, "claude.stream.write-timeout");
        if (maxBytes < 1) {
            throw new IllegalArgumentException("claude.stream.max-bytes must be at least 1, not " + maxBytes);
        }
        if (maxWatchers < 1) {
            throw new IllegalArgumentException("claude.stream.max-watchers must be at least 1, not " + maxWatchers);
        }
    }

    private static void requirePositive(Duration value, String key) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(key + " must be longer than zero: " + value);
        }
    }

    /**
     * Returns threads for as many streams and watchers as the settings allow. A task beyond the limit is rejected with
     * an {@code overloaded_error}.
     *
     * @param carrying gives a task the context of the thread that hands it over
     */
    public WorkerThreads threads(ThreadFactory factory, UnaryOperator<Runnable> carrying) {
        return new WorkerThreads(factory, maxWatchers, carrying, this::noThread);
    }

    private ClaudeException noThread(Throwable cause) {
        return ClaudeException.of(
                        ErrorType.OVERLOADED,
                        "The server has no thread left for another stream or watcher (claude.stream.max-watchers: "
                                + maxWatchers + "). Retry in " + TRY_AGAIN.toSeconds() + " s.")
                .withRetryAfter(TRY_AGAIN)
                .withCause(cause);
    }
}
