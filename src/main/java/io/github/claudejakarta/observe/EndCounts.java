package io.github.claudejakarta.observe;

import io.github.claudejakarta.batch.BatchEnded;
import io.github.claudejakarta.batch.BatchStatus;
import io.github.claudejakarta.job.JobEnded;
import io.github.claudejakarta.job.JobStatus;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts jobs and batches that ended since this server started, by status. With several servers on one database, the
 * server that stored the end counts it.
 */
@ApplicationScoped
public class EndCounts {

    private final Map<JobStatus, LongAdder> jobs = new EnumMap<>(JobStatus.class);
    private final Map<BatchStatus, LongAdder> batches = new EnumMap<>(BatchStatus.class);

    public EndCounts() {
        for (JobStatus status : JobStatus.values()) {
            if (status.hasEnded()) {
                jobs.put(status, new LongAdder());
            }
        }
        for (BatchStatus status : BatchStatus.values()) {
            if (status.hasEnded()) {
                batches.put(status, new LongAdder());
            }
        }
    }

    void jobEnded(@Observes JobEnded end) {
        jobs.get(end.job().status()).increment();
    }

    void batchEnded(@Observes BatchEnded end) {
        batches.get(end.batch().status()).increment();
    }

    /** Returns a count for each status in which a job has ended. */
    Map<JobStatus, LongAdder> jobs() {
        return jobs;
    }

    /** Returns a count for each status in which a batch has ended. */
    Map<BatchStatus, LongAdder> batches() {
        return batches;
    }
}
