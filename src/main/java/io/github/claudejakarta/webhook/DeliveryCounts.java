package io.github.claudejakarta.webhook;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What became of attempts at callbacks since the start, for metrics. */
public final class DeliveryCounts {

    /** Of one attempt. */
    public enum Outcome {
        /** The receiver has it. */
        DELIVERED,
        /** It is tried again. */
        FAILED,
        /** The receiver does not want it any more (410). */
        GONE,
        /** It is not tried again. */
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
