package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Room;
import jakarta.servlet.ServletRequest;
import java.time.Duration;

/**
 * What one request has of the {@link MemoryBudget}: for its body while that is read and held, and for an answer that is
 * held whole. It is given back with the end of the request, unless somebody who keeps the body for longer has taken it
 * over.
 *
 * <p>Safe for use by many threads.
 */
public final class BodyRoom implements Room {

    private static final String ATTRIBUTE = BodyRoom.class.getName();
    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final MemoryBudget budget;
    private long taken;
    private boolean isGivenBack;
    private boolean isTakenOver;

    public BodyRoom(MemoryBudget budget) {
        this.budget = budget;
    }

    /** The room of this request; a room of its own without a limit, where the request has none. */
    public static BodyRoom of(ServletRequest request) {
        return request.getAttribute(ATTRIBUTE) instanceof BodyRoom room ? room : new BodyRoom(MemoryBudget.unlimited());
    }

    /** Makes it the room of this request. */
    public void isOf(ServletRequest request) {
        request.setAttribute(ATTRIBUTE, this);
    }

    /**
     * Takes what is missing to this many bytes. After it was given back nothing is taken any more.
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
    public Room patient() {
        return new Room() {

            @Override
            public void atLeast(long bytes) {
                awaitAtLeast(bytes, PATIENCE);
            }

            @Override
            public void atMost(long bytes) {
                BodyRoom.this.atMost(bytes);
            }
        };
    }

    private long missing(long bytes) {
        return isGivenBack ? 0 : budget.share(bytes) - taken;
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

    /** Gives everything back: the body is no longer in memory, or soon will not be. May be called again. */
    public synchronized void giveBack() {
        budget.give(taken);
        taken = 0;
        isGivenBack = true;
    }

    /** Keeps it beyond the end of the request: {@link #giveBack} is to be called by the one who keeps the body. */
    public synchronized BodyRoom takeOver() {
        isTakenOver = true;
        return this;
    }

    /** Gives everything back, unless it was taken over. */
    public synchronized void endWithRequest() {
        if (!isTakenOver) {
            giveBack();
        }
    }
}
