package io.github.claudejakarta.simulator;

import java.util.function.IntFunction;

/** The outcomes of all requests of a batch. Each needs one byte. */
final class Outcomes {

    private static final Outcome[] ALL = Outcome.values();

    private final byte[] byRequest;
    private final int[] counts = new int[ALL.length];

    Outcomes(int size, IntFunction<Outcome> decide) {
        byRequest = new byte[size];
        for (var index = 0; index < size; index++) {
            var outcome = decide.apply(index).ordinal();
            byRequest[index] = (byte) outcome;
            counts[outcome]++;
        }
    }

    Outcome of(int request) {
        return ALL[byRequest[request]];
    }

    int count(Outcome outcome) {
        return counts[outcome.ordinal()];
    }
}
