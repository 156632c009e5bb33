package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Limits how many sockets may be open whose question has not arrived, in all and for each caller: each of them holds a
 * thread.
 *
 * <p>Safe for use by many threads.
 */
final class SocketQuota {

    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);

    private final int limit;
    private final int limitOfCaller;
    private final Map<String, Integer> callers = new HashMap<>();
    private int taken;

    SocketQuota(int limit, int limitOfCaller) {
        this.limit = limit;
        this.limitOfCaller = limitOfCaller;
    }

    /**
     * Takes a place.
     *
     * @return gives the place back; may be run again without effect
     * @throws ClaudeException {@code overloaded_error} if all places are taken, {@code rate_limit_error} if the caller
     *     has its share
     */
    synchronized Runnable acquire(String caller) {
        if (taken >= limit) {
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            limit + " sockets are open that have not sent their first message. Retry later.")
                    .withRetryAfter(TRY_AGAIN);
        }
        if (callers.getOrDefault(caller, 0) >= limitOfCaller) {
            throw ClaudeException.of(
                            ErrorType.RATE_LIMIT,
                            limitOfCaller
                                    + " of your sockets are open that have not sent their first message. Use or close those first.")
                    .withRetryAfter(TRY_AGAIN);
        }
        taken++;
        callers.merge(caller, 1, Integer::sum);
        var isGivenBack = new AtomicBoolean();
        return () -> {
            if (isGivenBack.compareAndSet(false, true)) {
                giveBack(caller);
            }
        };
    }

    private synchronized void giveBack(String caller) {
        taken--;
        callers.computeIfPresent(caller, (name, count) -> count == 1 ? null : count - 1);
    }
}
