package io.github.claudejakarta.listener;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts the outcomes of calls of listeners since the start, for metrics. */
public final class ListenerCounts {

    /** The outcome of one call. */
    public enum Outcome {
        /** The listener returned, and its transaction was committed. */
        DONE,
        /** The listener failed, and will be called again. */
        FAILED,
        /** The listener failed for the last time. */
        DEAD,
        /** No node has had the listener for a day. */
        DROPPED
    }

    private final Map<Outcome, LongAdder> counts = new EnumMap<>(Outcome.class);

    ListenerCounts() {
        for (Outcome outcome : Outcome.values()) {
            counts.put(outcome, new LongAdder());
        }
    }

    void add(Outcome outcome) {
        counts.get(outcome).increment();
    }

    public long of(Outcome outcome) {
        return counts.get(outcome).sum();
    }
}
