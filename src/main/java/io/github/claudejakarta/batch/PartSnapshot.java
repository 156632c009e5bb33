package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.StoredHeaders;
import java.time.Instant;
import java.util.Optional;

/**
 * A part and what belongs to it of its batch, as they were when they were read. A change that begins at a snapshot is
 * made only if the part is still in that state.
 *
 * @param headers of the submission
 * @param isCanceling whether the batch is being canceled
 * @param missingSince since when nobody can say whether Claude has the part, or its results
 */
record PartSnapshot(
        PartKey key,
        BatchPart part,
        String batchId,
        String owner,
        StoredHeaders headers,
        boolean isCanceling,
        Optional<Instant> missingSince) {}
