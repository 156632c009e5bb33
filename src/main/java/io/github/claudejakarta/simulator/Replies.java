package io.github.claudejakarta.simulator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The replies that a test sets for the simulator. Safe for use by many threads. */
final class Replies {

    /** The limit of queued replies, for a test that enqueues without end. */
    private static final int MAX_QUEUED = 10_000;

    private final Deque<Reply> queue = new ArrayDeque<>();
    private Optional<Function<SimulatedRequest, Reply>> script = Optional.empty();
    private volatile boolean skipsDelays;

    synchronized void enqueue(List<Reply> replies) {
        if (queue.size() + replies.size() > MAX_QUEUED) {
            throw new IllegalStateException(
                    "More than " + MAX_QUEUED + " replies are queued. Enqueue fewer, or use answerWith.");
        }
        queue.addAll(replies);
    }

    synchronized void answerWith(Function<SimulatedRequest, Reply> newScript) {
        script = Optional.of(newScript);
    }

    synchronized int queued() {
        return queue.size();
    }

    synchronized void clear() {
        queue.clear();
        script = Optional.empty();
    }

    void skipDelays() {
        skipsDelays = true;
    }

    /** Returns the reply to a message: the first queued reply, or the reply of the script. */
    Optional<Reply> to(MessageParams params) {
        Optional<Reply> next;
        synchronized (this) {
            next = Optional.ofNullable(queue.poll());
        }
        return next.or(() -> ofScript(params));
    }

    /**
     * Returns the reply of the script. Calls the script without holding a lock. Requests of batches have only these
     * replies: their results are generated each time they are read, in any order.
     */
    Optional<Reply> ofScript(MessageParams params) {
        Optional<Function<SimulatedRequest, Reply>> current;
        synchronized (this) {
            current = script;
        }
        return current.map(answers -> answer(answers, new SimulatedRequest(params.body())));
    }

    private static Reply answer(Function<SimulatedRequest, Reply> answers, SimulatedRequest request) {
        try {
            Reply reply = answers.apply(request);
            if (reply == null) {
                throw new ApiError(500, "The test's function for the simulator returned null");
            }
            return reply;
        } catch (ApiError e) {
            throw e;
        } catch (RuntimeException | AssertionError e) {
            throw new ApiError(500, "The test's function for the simulator failed: " + e);
        }
    }

    /** Returns the delays of an answer. */
    Pace pace(Directives directives) {
        return skipsDelays && !directives.isScripted()
                ? Pace.of(new Directives(directives.values(), true))
                : Pace.of(directives);
    }

    /** Returns how long a batch without a script takes. */
    Duration life(Duration defaultLife) {
        return skipsDelays ? Duration.ZERO : defaultLife;
    }
}
