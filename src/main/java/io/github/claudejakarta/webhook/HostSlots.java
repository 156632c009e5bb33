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
 * Keeps a host that is slow from taking all the attempts at a time that there are. One that answers soon may have them
 * all; one that takes its time has a share of them for as long as it does, and what is due beyond that is put off,
 * longer and longer.
 *
 * <p>Safe for use by many threads.
 */
final class HostSlots {

    /** Those that were slow and are asked nothing any more are forgotten when there are so many. */
    private static final int MOST = 10_000;

    private final int share;
    private final long slowNanos;
    private final Ticker ticker;
    private final Backoff backoff;
    private final Map<String, Host> hosts = new HashMap<>();

    /**
     * @param share attempts at a time that a slow host may have
     * @param slow from which on an attempt is slow
     * @param chance numbers from 0 to 1
     */
    HostSlots(int share, Duration slow, Ticker ticker, DoubleSupplier chance) {
        this.share = share;
        this.slowNanos = slow.toNanos();
        this.ticker = ticker;
        this.backoff = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(2), Jitter.longer(1, chance));
    }

    private static final class Host {

        /** When those that are under way were begun, the oldest first. */
        private final Deque<Long> begun = new ArrayDeque<>();
        /**
         * How slow it has been lately: one more for each slow answer, half of it for each quick one, of which one alone
         * proves little.
         */
        private int slow;
    }

    /** An attempt that may be made; {@link #end} has to follow. */
    record Turn(String host, long begun) {}

    /** @return empty where the host has as many attempts as it may */
    synchronized Optional<Turn> begin(String name) {
        if (hosts.size() > MOST) {
            hosts.values().removeIf(host -> host.begun.isEmpty());
        }
        long now = ticker.getAsLong();
        Host host = hosts.computeIfAbsent(name, key -> new Host());
        if (isSlow(host, now) && host.begun.size() >= share) {
            return Optional.empty();
        }
        host.begun.addLast(now);
        return Optional.of(new Turn(name, now));
    }

    private boolean isSlow(Host host, long now) {
        return host.slow > 0 || !host.begun.isEmpty() && now - host.begun.getFirst() >= slowNanos;
    }

    synchronized void end(Turn turn) {
        Host host = hosts.get(turn.host);
        host.begun.removeFirstOccurrence(turn.begun);
        host.slow = ticker.getAsLong() - turn.begun >= slowNanos ? host.slow + 1 : host.slow / 2;
        if (host.begun.isEmpty() && host.slow == 0) {
            hosts.remove(turn.host);
        }
    }

    /** Returns how long a delivery without a turn is postponed: twice as long for each round of slow answers. */
    synchronized Duration pause(String name) {
        int rounds = Optional.ofNullable(hosts.get(name))
                .map(host -> host.slow / share)
                .orElse(0);
        return backoff.wait(rounds + 1);
    }
}
