package io.github.claudejakarta.simulator;

import java.util.LinkedHashMap;
import java.util.Map;

/** Counts the failures of each key, for scripts with {@code times}. Safe for use by many threads. */
final class Failures {

    private static final int MAX_KEYS = 10_000;

    private final Map<String, Integer> counts = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > MAX_KEYS;
        }
    };

    /** Returns the directives; without their faults if these have happened {@code times} times. Counts this failure. */
    Directives remaining(Directives directives) {
        return isDue(directives, directives.text("key").orElse("")) ? directives : directives.withoutFaults();
    }

    /** Returns whether this fault, which is counted separately, has to happen now. Counts this failure. */
    boolean happens(String fault, Directives directives) {
        // A key has no blank, therefore this fault is not counted together with messages.
        return directives.has(fault)
                && isDue(directives, fault + " " + directives.text("key").orElse(""));
    }

    private boolean isDue(Directives directives, String key) {
        var times = directives.number("times", 0);
        return times == 0 || count(key) <= times;
    }

    private synchronized int count(String key) {
        return counts.merge(key, 1, Integer::sum);
    }
}
