package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.MemoryReservation;
import jakarta.servlet.ServletRequest;
import java.time.Duration;

/**
 * The share of the {@link MemoryBudget} that one request has reserved: for its body, and for an answer that is held in
 * memory as a whole. It is released when the request ends, unless it is {@linkplain ServedRequest#handOver handed over}
 * to an owner that keeps the body for longer.
 *
 * <p>Safe for use by many threads.
 */
public final class BodyReservation implements MemoryReservation, AutoCloseable {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final Duration MAX_WAIT = Duration.ofSeconds(30);

    private final MemoryBudget budget;
    private long reserved;
    private boolean isClosed;

    public BodyReservation(MemoryBudget budget) {
        this.budget = budget;
    }

    /** Returns the reservation of this request. A request without one gets a new reservation without a limit. */
    public static BodyReservation of(ServletRequest request) {
        return ServedRequest.of(request)
                .attachment(BodyReservation.class)
                .orElseGet(() -> new BodyReservation(MemoryBudget.unlimited()));
    }

    /**
     * Reserves memory up to this many bytes in total. After {@link #close} it reserves nothing.
     *
     * @throws ClaudeException {@code overloaded_error} (529) if the memory is in use
     */
    @Override
    public synchronized void atLeast(long bytes) {
        long more = missing(bytes);
        if (more > 0) {
            if (!budget.tryReserve(more, bytes)) {
                throw full();
            }
            reserved += more;
        }
    }

    /**
     * Reserves memory up to this many bytes in total, and waits while the memory is in use. It is for data that would
     * be lost otherwise.
     *
     * @throws ClaudeException {@code overloaded_error} (529) if the memory is in use for all that time
     */
    public synchronized void awaitAtLeast(long bytes, Duration limit) {
        long more = missing(bytes);
        try {
            if (more > 0) {
                if (!budget.tryReserve(more, bytes, limit)) {
                    throw full();
                }
                reserved += more;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw full().withCause(e);
        }
    }

    /**
     * Returns a view of this reservation that waits up to 30 seconds for memory. It is for answers, which are already
     * paid for.
     */
    public MemoryReservation waiting() {
        return new MemoryReservation() {

            @Override
            public void atLeast(long bytes) {
                awaitAtLeast(bytes, MAX_WAIT);
            }

            @Override
            public void atMost(long bytes) {
                BodyReservation.this.atMost(bytes);
            }
        };
    }

    private long missing(long bytes) {
        return isClosed ? 0 : budget.share(bytes) - reserved;
    }

    private static ClaudeException full() {
        return ClaudeException.of(
                        ErrorType.OVERLOADED,
                        "The server has no memory left for large requests (claude.request.max-bytes). Retry in "
                                + RETRY_AFTER.toSeconds() + " s.")
                .withRetryAfter(RETRY_AFTER);
    }

    @Override
    public synchronized void atMost(long bytes) {
        long less = reserved - budget.share(bytes);
        if (less > 0) {
            budget.release(less);
            reserved -= less;
        }
    }

    /** Releases all memory, because the body is no longer needed. It has no effect the second time. */
    @Override
    public synchronized void close() {
        budget.release(reserved);
        reserved = 0;
        isClosed = true;
    }
}
