package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.StoredHeaders;
import java.time.Instant;
import java.util.Optional;

/**
 * A snapshot of a part, with the properties of its batch that the part needs. A change that begins at a snapshot is
 * made only if the part is still in the state of the snapshot.
 *
 * @param headers of the submission
 * @param isCanceling whether the batch is being canceled
 * @param missingSince since when it is unknown whether Claude has the part or its results
 */
record PartSnapshot(
        PartKey key,
        BatchPart part,
        String batchId,
        String owner,
        StoredHeaders headers,
        boolean isCanceling,
        Optional<Instant> missingSince) {}
