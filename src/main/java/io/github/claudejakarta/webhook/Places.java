package io.github.claudejakarta.webhook;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Keeps one host that is slow from taking all there is: of the attempts at a time it has only so many. */
final class Places {

    private final int most;
    private final ConcurrentMap<String, Integer> taken = new ConcurrentHashMap<>();

    Places(int most) {
        this.most = most;
    }

    /** @return whether there was one; it is then to be given back */
    boolean take(String host) {
        var isTaken = new boolean[1];
        taken.compute(host, (key, count) -> {
            int before = count == null ? 0 : count;
            isTaken[0] = before < most;
            return isTaken[0] ? Integer.valueOf(before + 1) : count;
        });
        return isTaken[0];
    }

    void giveBack(String host) {
        taken.computeIfPresent(host, (key, count) -> count == 1 ? null : count - 1);
    }
}
