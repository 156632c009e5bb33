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
 * Lets threads wait for changes of things in the database, wherever they are made: those of this server are told at
 * once, those of others are seen by a look at the database once a second, which one of those that wait takes for all.
 * Each thing has a revision that grows.
 *
 * <p>Safe for use by many threads.
 */
public final class ChangeNotifier<T> {

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final long GONE = Long.MAX_VALUE;

    private final Function<Set<String>, Map<String, Long>> revisions;
    private final Function<String, Optional<T>> find;
    private final long lookNanos;
    private final Map<String, Watched> watched = new ConcurrentHashMap<>();
    private volatile boolean isClosed;
    private long lookedAt;

    /**
     * @param revisions of those that are there, by id
     * @param find one as it is
     */
    public ChangeNotifier(Function<Set<String>, Map<String, Long>> revisions, Function<String, Optional<T>> find) {
        this(revisions, find, LOOK);
    }

    /** @param look from one look at the database to the next */
    ChangeNotifier(
            Function<Set<String>, Map<String, Long>> revisions, Function<String, Optional<T>> find, Duration look) {
        this.revisions = revisions;
        this.find = find;
        this.lookNanos = look.toNanos();
        this.lookedAt = System.nanoTime() - lookNanos;
    }

    /** A change that was made here. */
    public void tell(String id, long revision) {
        Watched one = watched.get(id);
        if (one != null) {
            one.tell(revision);
        }
    }

    /**
     * Waits until there is a later revision, or the thing is gone.
     *
     * @return the thing as it is then; empty where it is gone, the time is over, or this is closed
     */
    public Optional<T> await(String id, long revision, Duration limit) throws InterruptedException {
        return await(id, revision, limit, () -> true);
    }

    /**
     * Waits like {@link #await(String, long, Duration)}, as long as the result is wanted.
     *
     * @param isWanted asked about once a second, and after {@link #wake}
     */
    public Optional<T> await(String id, long revision, Duration limit, BooleanSupplier isWanted)
            throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        Watched one = watched.compute(id, (key, known) -> known == null ? new Watched() : known.joined());
        try {
            for (long left = limit.toNanos();
                    left > 0 && !isClosed && isWanted.getAsBoolean();
                    left = deadline - System.nanoTime()) {
                if (one.isAfter(revision, Math.min(left, lookNanos))) {
                    return find.apply(id);
                }
                look();
            }
            return one.isAfter(revision, 0) ? find.apply(id) : Optional.empty();
        } finally {
            watched.computeIfPresent(id, (key, known) -> known.left());
        }
    }

    /** Has those that wait for changes of one thing look whether the result is still wanted. Does not block. */
    public void wake(String id) {
        Watched one = watched.get(id);
        if (one != null) {
            one.wake();
        }
    }

    /** Ends all waits; from then on nothing is waited for. */
    public void close() {
        isClosed = true;
        watched.values().forEach(Watched::wake);
    }

    private void look() {
        synchronized (this) {
            if (System.nanoTime() - lookedAt < lookNanos) {
                return;
            }
            lookedAt = System.nanoTime();
        }
        Set<String> ids = Set.copyOf(watched.keySet());
        if (!ids.isEmpty()) {
            Map<String, Long> found = revisions.apply(ids);
            ids.forEach(id -> tell(id, found.getOrDefault(id, GONE)));
        }
    }

    /** One thing that somebody waits for. */
    private static final class Watched {

        private long latest = -1;
        /** Guarded by the map. */
        private int waiting = 1;

        Watched joined() {
            waiting++;
            return this;
        }

        /** @return null where nobody waits any more */
        Watched left() {
            return --waiting == 0 ? null : this;
        }

        synchronized void tell(long revision) {
            latest = Math.max(latest, revision);
            notifyAll();
        }

        synchronized void wake() {
            notifyAll();
        }

        /** Whether a later revision is known, at once or within this time. */
        synchronized boolean isAfter(long revision, long nanos) throws InterruptedException {
            if (latest <= revision && nanos > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, nanos);
            }
            return latest > revision;
        }
    }
}
