package io.github.claudejakarta.simulator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Remembers what came, for tests: the last requests, and how messages ended. */
final class Recorder {

    private static final int KEPT = 100;

    private final Deque<RecordedRequest> requests = new ArrayDeque<>();
    private Simulator.Counts counts = Simulator.Counts.NONE;

    synchronized void arrived(RecordedRequest request) {
        if (requests.size() == KEPT) {
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

    /** A message that is not aborted went to the end that its script has. */
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

    /** Forgets the requests; the counts go on, because messages may be open. */
    synchronized void forgetRequests() {
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
