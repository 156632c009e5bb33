package io.github.claudejakarta.simulator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Records the last requests, and counts how messages ended, for tests. Safe for use by many threads. */
final class Recorder {

    private static final int CAPACITY = 100;

    private final Deque<RecordedRequest> requests = new ArrayDeque<>();
    private Simulator.Counts counts = Simulator.Counts.NONE;

    synchronized void arrived(RecordedRequest request) {
        if (requests.size() == CAPACITY) {
            requests.removeFirst();
        }
        requests.addLast(request);
        count(new Simulator.Counts(
                counts.requests() + 1, counts.openMessages(), counts.endedMessages(), counts.abortedMessages()));
    }

    synchronized void messageOpened() {
        count(new Simulator.Counts(
                counts.requests(), counts.openMessages() + 1, counts.endedMessages(), counts.abortedMessages()));
    }

    /**
     * Counts a message that has ended.
     *
     * @param isAborted whether the client closed the connection; otherwise the message reached the end of its script
     */
    synchronized void messageClosed(boolean isAborted) {
        count(new Simulator.Counts(
                counts.requests(),
                counts.openMessages() - 1,
                counts.endedMessages() + (isAborted ? 0 : 1),
                counts.abortedMessages() + (isAborted ? 1 : 0)));
    }

    private void count(Simulator.Counts next) {
        counts = next;
        notifyAll();
    }

    synchronized List<RecordedRequest> requests() {
        return List.copyOf(requests);
    }

    /** Removes the recorded requests. The counts continue, because messages may be open. */
    synchronized void clearRequests() {
        requests.clear();
    }

    synchronized Simulator.Counts counts() {
        return counts;
    }

    synchronized boolean await(Predicate<Simulator.Counts> condition, Duration limit) throws InterruptedException {
        var deadline = System.nanoTime() + limit.toNanos();
        while (!condition.test(counts)) {
            var left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }
}
