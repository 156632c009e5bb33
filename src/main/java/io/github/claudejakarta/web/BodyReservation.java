package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.MemoryReservation;
import jakarta.servlet.ServletRequest;
import java.time.Duration;

/**
 * What one request has of the {@link MemoryBudget}: for its body while that is read and held, and for an answer that is
 * held whole. The request closes it at its end, unless it is {@linkplain ServedRequest#handOver handed over} to an
 * owner that keeps the body for longer.
 *
 * <p>Safe for use by many threads.
 */
public final class BodyReservation implements MemoryReservation, AutoCloseable {

    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final MemoryBudget budget;
    private long taken;
    private boolean isClosed;

    public BodyReservation(MemoryBudget budget) {
        this.budget = budget;
    }

    /** The room of this request; a room of its own without a limit, where the request has none. */
    public static BodyReservation of(ServletRequest request) {
        return ServedRequest.of(request)
                .attachment(BodyReservation.class)
                .orElseGet(() -> new BodyReservation(MemoryBudget.unlimited()));
    }

    /**
     * Takes what is missing to this many bytes. Once it is closed nothing is taken any more.
     *
     * @throws ClaudeException {@code overloaded_error} (529) where others have it
     */
    @Override
    public synchronized void atLeast(long bytes) {
        long more = missing(bytes);
        if (more > 0) {
            if (!budget.take(more, bytes)) {
                throw full();
            }
            taken += more;
        }
    }

    /**
     * Takes what is missing to this many bytes, and waits while others have it: for what would be lost otherwise.
     *
     * @throws ClaudeException {@code overloaded_error} (529) where they have it for all that time
     */
    public synchronized void awaitAtLeast(long bytes, Duration patience) {
        long more = missing(bytes);
        try {
            if (more > 0) {
                if (!budget.take(more, bytes, patience)) {
                    throw full();
                }
                taken += more;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw full().withCause(e);
        }
    }

    /** The same room, where taking waits for a while: for an answer, which was paid for. */
    public MemoryReservation patient() {
        return new MemoryReservation() {

            @Override
            public void atLeast(long bytes) {
                awaitAtLeast(bytes, PATIENCE);
            }

            @Override
            public void atMost(long bytes) {
                BodyReservation.this.atMost(bytes);
            }
        };
    }

    private long missing(long bytes) {
        return isClosed ? 0 : budget.share(bytes) - taken;
    }

    private static ClaudeException full() {
        return ClaudeException.of(
                        ErrorType.OVERLOADED,
                        "The server has no memory left for large requests (claude.request.max-bytes). Retry in "
                                + TRY_AGAIN.toSeconds() + " s.")
                .withRetryAfter(TRY_AGAIN);
    }

    @Override
    public synchronized void atMost(long bytes) {
        long less = taken - budget.share(bytes);
        if (less > 0) {
            budget.give(less);
            taken -= less;
        }
    }

    /** Releases everything: the body is no longer in memory, or soon will not be. It has no effect the second time. */
    @Override
    public synchronized void close() {
        budget.give(taken);
        taken = 0;
        isClosed = true;
    }
}
