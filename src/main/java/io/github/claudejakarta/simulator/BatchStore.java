package io.github.claudejakarta.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Stores batches in memory, newest first. When the storage is full, a new batch replaces the oldest ended batches. Safe
 * for use by many threads.
 */
final class BatchStore {

    private final BatchLimits limits;
    private final Deque<Batch> batches = new ArrayDeque<>();
    private long bytes;

    BatchStore(BatchLimits limits) {
        this.limits = limits;
    }

    synchronized void add(Batch batch) {
        while (batches.size() >= limits.maxBatches() || bytes + batch.bytes() > limits.maxBytes()) {
            remove(oldestEnded()
                    .orElseThrow(() -> new ApiError(
                            429, "The simulator's storage for batches is full. Retry when a batch has ended.")));
        }
        batches.addFirst(batch);
        bytes += batch.bytes();
    }

    private Optional<Batch> oldestEnded() {
        for (var oldest = batches.descendingIterator(); oldest.hasNext(); ) {
            var batch = oldest.next();
            if (batch.isEnded()) {
                return Optional.of(batch);
            }
        }
        return Optional.empty();
    }

    synchronized void remove(Batch batch) {
        if (batches.remove(batch)) {
            bytes -= batch.bytes();
        }
    }

    synchronized Optional<Batch> find(String id) {
        return batches.stream().filter(batch -> batch.id().equals(id)).findFirst();
    }

    synchronized List<Batch> newestFirst() {
        return List.copyOf(batches);
    }
}
