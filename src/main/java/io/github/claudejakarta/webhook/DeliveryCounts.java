package io.github.claudejakarta.webhook;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts the outcomes of attempts at callbacks since the start, for metrics. */
public final class DeliveryCounts {

    /** The outcome of one attempt. */
    public enum Outcome {
        /** The receiver accepted the callback. */
        DELIVERED,
        /** The attempt failed, and will be retried. */
        FAILED,
        /** The receiver answered 410: it wants no more callbacks. */
        GONE,
        /** The attempt failed, and was the last one. */
        DEAD
    }

    private final Map<Outcome, LongAdder> counts = new EnumMap<>(Outcome.class);

    DeliveryCounts() {
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
