package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Limits the number of open sockets whose first message has not arrived, in total and for each caller. Each of them
 * uses a thread.
 *
 * <p>Safe for use by many threads.
 */
final class SocketQuota {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final int limit;
    private final int callerLimit;
    private final Map<String, Integer> callers = new HashMap<>();
    private int used;

    SocketQuota(int limit, int callerLimit) {
        this.limit = limit;
        this.callerLimit = callerLimit;
    }

    /**
     * Counts one socket.
     *
     * @return releases it; a second run has no effect
     * @throws ClaudeException {@code overloaded_error} at the total limit, {@code rate_limit_error} at the limit of the
     *     caller
     */
    synchronized Runnable acquire(String caller) {
        if (used >= limit) {
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            limit
                                    + " sockets are open that have not sent their first message, which is the limit. Retry in "
                                    + RETRY_AFTER.toSeconds() + " s.")
                    .withRetryAfter(RETRY_AFTER);
        }
        if (callers.getOrDefault(caller, 0) >= callerLimit) {
            throw ClaudeException.of(
                            ErrorType.RATE_LIMIT,
                            callerLimit
                                    + " of your sockets are open that have not sent their first message, which is the limit. Use or close one of them.")
                    .withRetryAfter(RETRY_AFTER);
        }
        used++;
        callers.merge(caller, 1, Integer::sum);
        var isReleased = new AtomicBoolean();
        return () -> {
            if (isReleased.compareAndSet(false, true)) {
                release(caller);
            }
        };
    }

    private synchronized void release(String caller) {
        used--;
        callers.computeIfPresent(caller, (name, count) -> count == 1 ? null : count - 1);
    }
}
