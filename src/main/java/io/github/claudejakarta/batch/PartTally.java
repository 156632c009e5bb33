package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.MessageBatch.Counts;
import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.usage.TokenUse;
import io.github.claudejakarta.usage.UsageStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads all results of a part once: counts outcomes, adds up usage, and stores the outcomes that are not successes. */
final class PartTally {

    /** The maximum size of a result in bytes. A result contains a message, and may be as long. */
    static final int MAX_LINE_BYTES = 64 << 20;

    private static final int OUTCOMES_PER_WRITE = 500;
    private static final int MAX_TYPE_LENGTH = 64;

    private final PartOutcomes partOutcomes;
    private final PartKey key;
    private final long requests;
    private final List<PartOutcomes.Outcome> outcomes = new ArrayList<>();
    private final Set<String> sample = new HashSet<>();
    private final Map<String, TokenUse> models = new HashMap<>();
    private long succeeded;
    private long errored;
    private long canceled;
    private long expired;

    PartTally(PartOutcomes partOutcomes, PartKey key, long requests) {
        this.partOutcomes = partOutcomes;
        this.key = key;
        this.requests = requests;
    }

    /** The results do not belong to the requests of this part. */
    static final class ForeignResults extends Exception {

        private static final long serialVersionUID = 1;

        ForeignResults() {
            super("The results of this message batch do not belong to the requests of this part");
        }
    }

    /**
     * Reads the results.
     *
     * @param room memory for the line that is being read
     * @throws IOException if the download broke off, or is incomplete: it can be retried
     */
    void read(InputStream results, MemoryReservation room) throws IOException, ForeignResults {
        var lines = new LineReader(results, MAX_LINE_BYTES, room::exactly);
        long count = 0;
        while (lines.next()) {
            if (!lines.isBlank()) {
                count++;
                add(ResultLine.read(lines));
            }
        }
        storeOutcomes();
        if (!partOutcomes.hasAll(key, sample)) {
            throw new ForeignResults();
        }
        if (count != requests) {
            throw new IOException("The download has " + count + " results, the part has " + requests + " requests");
        }
    }

    private void add(ResultLine result) throws ForeignResults {
        if (result.customId().indexOf(0) >= 0) {
            // No request has such an id, and PostgreSQL does not accept such a text.
            throw new ForeignResults();
        }
        switch (result.type()) {
            case "succeeded" -> {
                succeeded++;
                models.merge(UsageStore.storable(result.model()), new TokenUse(1, result.tokens()), TokenUse::plus);
            }
            case "canceled" -> canceled++;
            case "expired" -> expired++;
            default -> errored++;
        }
        if (!result.type().equals("succeeded")) {
            boolean isErrored = !List.of("canceled", "expired").contains(result.type());
            outcomes.add(new PartOutcomes.Outcome(
                    result.customId(),
                    isErrored ? "errored" : result.type(),
                    isErrored ? storable(result.errorType()) : null));
            if (outcomes.size() == OUTCOMES_PER_WRITE) {
                storeOutcomes();
            }
        } else if (sample.size() < OUTCOMES_PER_WRITE) {
            sample.add(result.customId());
        }
    }

    /** Returns an error type in the form that is stored: Claude defines it, and its column has 64 characters. */
    private static String storable(String errorType) {
        return Surrogates.beginning(UsageStore.storable(errorType), MAX_TYPE_LENGTH);
    }

    private void storeOutcomes() throws ForeignResults {
        if (!outcomes.isEmpty() && !partOutcomes.store(key, outcomes)) {
            throw new ForeignResults();
        }
        outcomes.clear();
    }

    Counts counts() {
        return new Counts(0, succeeded, errored, canceled, expired);
    }

    Map<String, TokenUse> models() {
        return models;
    }
}
