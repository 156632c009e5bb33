package io.github.claudejakarta.batch;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Lets threads wait for changes of batches, wherever they are made: those of this server are told at once, those of others are seen by a look
 * at the database once a second, which one of those that wait takes for all.
 */
final class BatchChanges {

    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long GONE = Long.MAX_VALUE;

    private final Function<Set<String>, Map<String, Long>> revisions;
    private final Function<String, Optional<Batch>> find;
    private final Map<String, Integer> waiting = new ConcurrentHashMap<>();
    private final Map<String, Long> known = new ConcurrentHashMap<>();
    private long lookedAt;

    BatchChanges(Function<Set<String>, Map<String, Long>> revisions, Function<String, Optional<Batch>> find) {
        this.revisions = revisions;
        this.find = find;
    }

    /** A change that was made here. */
    void tell(Batch batch) {
        if (waiting.containsKey(batch.id())) {
            known.merge(batch.id(), batch.revision(), Math::max);
            wake();
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    /**
     * Waits until there is a later revision, or the batch is gone.
     *
     * @return the batch as it is then; empty where it is gone or the time is over
     */
    Optional<Batch> await(String id, long revision, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        waiting.merge(id, 1, Integer::sum);
        try {
            for (long left = limit.toNanos(); left > 0; left = deadline - System.nanoTime()) {
                if (known.getOrDefault(id, -1L) > revision) {
                    return find.apply(id);
                }
                pause(Math.min(left, LOOK_NANOS));
                look();
            }
            return Optional.empty();
        } finally {
            if (waiting.merge(id, -1, (a, b) -> a + b == 0 ? null : a + b) == null) {
                known.remove(id);
            }
        }
    }

    private synchronized void pause(long nanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, nanos));
    }

    private void look() {
        synchronized (this) {
            if (System.nanoTime() - lookedAt < LOOK_NANOS) {
                return;
            }
            lookedAt = System.nanoTime();
        }
        Set<String> ids = Set.copyOf(waiting.keySet());
        if (ids.isEmpty()) {
            return;
        }
        Map<String, Long> found = revisions.apply(ids);
        ids.forEach(id -> known.merge(id, found.getOrDefault(id, GONE), Math::max));
        wake();
    }
}
