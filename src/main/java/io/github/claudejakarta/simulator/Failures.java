package io.github.claudejakarta.simulator;

import java.util.LinkedHashMap;
import java.util.Map;

/** Counts how often each key has failed, for scripts that fail only the first times. */
final class Failures {

    private static final int KEPT_KEYS = 10_000;

    private final Map<String, Integer> counts = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > KEPT_KEYS;
        }
    };

    /** The same directives, without their faults where these have happened often enough. */
    Directives remaining(Directives directives) {
        return isDue(directives, directives.text("key").orElse("")) ? directives : directives.withoutFaults();
    }

    /** Whether this fault, which is counted for itself, happens once more. */
    boolean strikes(String fault, Directives directives) {
        // a key has no blanks, so that it is not counted with those of messages
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
