package io.github.claudejakarta.webhook;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps one host that is slow from taking all there is: of the attempts at a time it has only so many.
 *
 * <p>Safe for use by many threads.
 */
final class Places {

    private final int most;
    private final LongSupplier nanoTime;
    private final Map<String, Host> hosts = new HashMap<>();

    Places(int most) {
        this(most, System::nanoTime);
    }

    Places(int most, LongSupplier nanoTime) {
        this.most = most;
        this.nanoTime = nanoTime;
    }

    private static final class Host {
        private int taken;
        private long movedAt;
    }

    /** @return whether there was one; it is then to be given back */
    synchronized boolean take(String host) {
        Host one = hosts.computeIfAbsent(host, key -> new Host());
        if (one.taken == most) {
            return false;
        }
        one.taken++;
        one.movedAt = nanoTime.getAsLong();
        return true;
    }

    /**
     * The same, and waits for one: a host that is quick gives one back before long.
     *
     * @param patience for that long at most; and not for a host of which no attempt has begun or ended in as long
     */
    synchronized boolean take(String host, Duration patience) throws InterruptedException {
        long begin = nanoTime.getAsLong();
        while (!take(host)) {
            long now = nanoTime.getAsLong();
            long left = patience.toNanos() - (now - begin);
            if (left <= 0 || now - hosts.get(host).movedAt > patience.toNanos()) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    synchronized void giveBack(String host) {
        Host one = hosts.get(host);
        one.taken--;
        one.movedAt = nanoTime.getAsLong();
        if (one.taken == 0) {
            hosts.remove(host);
        }
        notifyAll();
    }
}
