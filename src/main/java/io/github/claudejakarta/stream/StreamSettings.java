package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.WorkerThreads;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.function.UnaryOperator;

/**
 * The settings of streams. Each component is the key {@code claude.stream.*} of the same name.
 *
 * @param retention the time for which an ended stream can be watched
 * @param heartbeat the time without bytes after which a client gets a heartbeat
 * @param writeTimeout the time after which a client that reads no byte is cut off
 * @param maxBytes the memory of all logs in bytes, including those of running streams
 * @param maxWatchers the limit of concurrent clients of all streams; each uses a thread
 */
public record StreamSettings(
        Duration retention, Duration heartbeat, Duration writeTimeout, long maxBytes, int maxWatchers) {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private static final int SHARE_OF_HEAP = 4;

    /** The defaults. */
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
     * Returns threads for the streams and watchers that the settings allow. A task beyond the limit is rejected with an
     * {@code overloaded_error}.
     *
     * @param context gives a task the context of the thread that submits it
     */
    public WorkerThreads threads(ThreadFactory factory, UnaryOperator<Runnable> context) {
        return new WorkerThreads(factory, maxWatchers, context, this::noThread);
    }

    private ClaudeException noThread(Throwable cause) {
        return ClaudeException.of(
                        ErrorType.OVERLOADED,
                        "The server has no thread left for another stream or watcher (claude.stream.max-watchers: "
                                + maxWatchers + "). Retry in " + RETRY_AFTER.toSeconds() + " s.")
                .withRetryAfter(RETRY_AFTER)
                .withCause(cause);
    }
}
