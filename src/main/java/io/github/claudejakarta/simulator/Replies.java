package io.github.claudejakarta.simulator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What a test has the simulator answer. Safe for use by many threads. */
final class Replies {

    /** More are a mistake of the test, which enqueues without an end. */
    private static final int MAX_QUEUED = 10_000;

    private final Deque<Reply> queue = new ArrayDeque<>();
    private Optional<Function<SimulatedRequest, Reply>> script = Optional.empty();
    private volatile boolean isHurried;

    synchronized void enqueue(List<Reply> replies) {
        if (queue.size() + replies.size() > MAX_QUEUED) {
            throw new IllegalStateException("More than " + MAX_QUEUED + " replies wait for a request");
        }
        queue.addAll(replies);
    }

    synchronized void answerWith(Function<SimulatedRequest, Reply> newScript) {
        script = Optional.of(newScript);
    }

    synchronized int queued() {
        return queue.size();
    }

    synchronized void forget() {
        queue.clear();
        script = Optional.empty();
    }

    void skipDelays() {
        isHurried = true;
    }

    /** The reply to a message: the first that is queued, or that of the script. */
    Optional<Reply> to(MessageParams params) {
        Optional<Reply> next;
        synchronized (this) {
            next = Optional.ofNullable(queue.poll());
        }
        return next.or(() -> ofScript(params));
    }

    /**
     * The reply of the script, which is asked while no lock is held. A request of a batch has no other: its result is
     * made anew each time it is read, in no order.
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

    /** When an answer arrives that has no script. */
    Pace pace(Directives directives) {
        return isHurried && !directives.isScripted()
                ? Pace.of(new Directives(directives.values(), true))
                : Pace.of(directives);
    }

    /** How long a batch takes that has no script. */
    Duration life(Duration usual) {
        return isHurried ? Duration.ZERO : usual;
    }
}
