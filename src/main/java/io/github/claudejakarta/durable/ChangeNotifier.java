package io.github.claudejakarta.durable;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Lets threads wait for changes of rows in the database, on any server. A change made by this server wakes the waiting
 * threads immediately. Changes of other servers are found by polling the database once a second. One of the waiting
 * threads polls for all. Each row has a revision that increases with each change.
 *
 * <p>Safe for use by many threads.
 *
 * @param <T> the value that a waiting thread gets
 */
public final class ChangeNotifier<T> {

    private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);
    private static final long DELETED = Long.MAX_VALUE;

    private final Function<Set<String>, Map<String, Long>> revisions;
    private final Function<String, Optional<T>> find;
    private final long pollNanos;
    private final Map<String, Watched> watched = new ConcurrentHashMap<>();
    private volatile boolean isClosed;
    private long polledAt;

    /**
     * @param revisions returns the revisions of the rows that exist, by id
     * @param find returns the current value of a row
     */
    public ChangeNotifier(Function<Set<String>, Map<String, Long>> revisions, Function<String, Optional<T>> find) {
        this(revisions, find, POLL_INTERVAL);
    }

    /** @param pollInterval time between two polls of the database */
    ChangeNotifier(
            Function<Set<String>, Map<String, Long>> revisions,
            Function<String, Optional<T>> find,
            Duration pollInterval) {
        this.revisions = revisions;
        this.find = find;
        this.pollNanos = pollInterval.toNanos();
        this.polledAt = System.nanoTime() - pollNanos;
    }

    /** Notifies waiting threads of a change that this server made. Does not block. */
    public void notifyChange(String id, long revision) {
        Watched one = watched.get(id);
        if (one != null) {
            one.setRevision(revision);
        }
    }

    /**
     * Waits until the row has a later revision or is deleted.
     *
     * @return the current value; empty if the row is deleted, the time limit has passed, or this object is closed
     */
    public Optional<T> await(String id, long revision, Duration limit) throws InterruptedException {
        return await(id, revision, limit, () -> true);
    }

    /**
     * Waits until the row has a later revision or is deleted, or until the result is no longer wanted.
     *
     * @param isWanted called about once a second and after {@link #wake}
     * @return the current value; empty if the row is deleted, the time limit has passed, the result is no longer
     *     wanted, or this object is closed
     */
    public Optional<T> await(String id, long revision, Duration limit, BooleanSupplier isWanted)
            throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        Watched one = watched.compute(id, (key, known) -> known == null ? new Watched() : known.addWaiter());
        try {
            for (long left = limit.toNanos();
                    left > 0 && !isClosed && isWanted.getAsBoolean();
                    left = deadline - System.nanoTime()) {
                if (one.isAfter(revision, Math.min(left, pollNanos))) {
                    return find.apply(id);
                }
                poll();
            }
            return one.isAfter(revision, 0) ? find.apply(id) : Optional.empty();
        } finally {
            watched.computeIfPresent(id, (key, known) -> known.removeWaiter());
        }
    }

    /** Makes the threads that wait for changes of one row check whether the result is still wanted. Does not block. */
    public void wake(String id) {
        Watched one = watched.get(id);
        if (one != null) {
            one.wake();
        }
    }

    /** Ends all waits. Later calls of {@link #await(String, long, Duration)} return without waiting. */
    public void close() {
        isClosed = true;
        watched.values().forEach(Watched::wake);
    }

    private void poll() {
        synchronized (this) {
            if (System.nanoTime() - polledAt < pollNanos) {
                return;
            }
            polledAt = System.nanoTime();
        }
        Set<String> ids = Set.copyOf(watched.keySet());
        if (!ids.isEmpty()) {
            Map<String, Long> found = revisions.apply(ids);
            ids.forEach(id -> notifyChange(id, found.getOrDefault(id, DELETED)));
        }
    }

    /** A row that at least one thread waits for. */
    private static final class Watched {

        private long latest = -1;
        /** Number of waiting threads. Guarded by the map. */
        private int waiting = 1;

        Watched addWaiter() {
            waiting++;
            return this;
        }

        /** @return null if no thread waits any more */
        Watched removeWaiter() {
            return --waiting == 0 ? null : this;
        }

        synchronized void setRevision(long revision) {
            latest = Math.max(latest, revision);
            notifyAll();
        }

        synchronized void wake() {
            notifyAll();
        }

        /** Returns whether a later revision is known now or becomes known within this time. */
        synchronized boolean isAfter(long revision, long nanos) throws InterruptedException {
            if (latest <= revision && nanos > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, nanos);
            }
            return latest > revision;
        }
    }
}
