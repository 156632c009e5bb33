package io.github.claudejakarta.webhook;

import io.github.claudejakarta.runtime.Backoff;
import io.github.claudejakarta.runtime.Jitter;
import io.github.claudejakarta.runtime.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * Limits the concurrent attempts of slow hosts, so that one slow host does not block callbacks to the others. A fast
 * host may use all attempts. A slow host may use a share of them while it is slow. Its deliveries beyond that share are
 * postponed, longer each time.
 *
 * <p>Safe for use by many threads.
 */
final class HostSlots {

    /** Beyond this number, hosts without a current attempt are removed, even if they were slow. */
    private static final int MAX_HOSTS = 10_000;

    private final int share;
    private final long slowNanos;
    private final Ticker ticker;
    private final Backoff backoff;
    private final Map<String, Host> hosts = new HashMap<>();

    /**
     * @param share maximum number of concurrent attempts of a slow host
     * @param slow duration from which on an attempt is slow
     * @param chance numbers from 0 to 1
     */
    HostSlots(int share, Duration slow, Ticker ticker, DoubleSupplier chance) {
        this.share = share;
        this.slowNanos = slow.toNanos();
        this.ticker = ticker;
        this.backoff = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(2), Jitter.longer(1, chance));
    }

    private static final class Host {

        /** The start times of the current attempts, oldest first. */
        private final Deque<Long> started = new ArrayDeque<>();
        /**
         * How slow the host has been recently. A slow answer adds one; a fast answer only halves the number, because a
         * single fast answer proves little.
         */
        private int slow;
    }

    /** The permission for one attempt. Release it by {@link #release}. */
    record Slot(String host, long started) {}

    /**
     * Requests an attempt.
     *
     * @return empty if the host has reached its limit
     */
    synchronized Optional<Slot> acquire(String name) {
        if (hosts.size() > MAX_HOSTS) {
            hosts.values().removeIf(host -> host.started.isEmpty());
        }
        long now = ticker.getAsLong();
        Host host = hosts.computeIfAbsent(name, key -> new Host());
        if (isSlow(host, now) && host.started.size() >= share) {
            return Optional.empty();
        }
        host.started.addLast(now);
        return Optional.of(new Slot(name, now));
    }

    private boolean isSlow(Host host, long now) {
        return host.slow > 0 || !host.started.isEmpty() && now - host.started.getFirst() >= slowNanos;
    }

    synchronized void release(Slot slot) {
        Host host = hosts.get(slot.host);
        host.started.removeFirstOccurrence(slot.started);
        host.slow = ticker.getAsLong() - slot.started >= slowNanos ? host.slow + 1 : host.slow / 2;
        if (host.started.isEmpty() && host.slow == 0) {
            hosts.remove(slot.host);
        }
    }

    /** Returns how long a delivery without a slot is postponed: twice as long for each round of slow answers. */
    synchronized Duration pause(String name) {
        int rounds = Optional.ofNullable(hosts.get(name))
                .map(host -> host.slow / share)
                .orElse(0);
        return backoff.wait(rounds + 1);
    }
}
