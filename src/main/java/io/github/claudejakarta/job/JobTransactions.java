package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;

/**
 * Lets other features take part in the transactions that submit and end jobs.
 *
 * <p>Safe for use by many threads.
 */
public final class JobTransactions {

    private final List<JobStep> ends = new CopyOnWriteArrayList<>();
    private final BiFunction<JobRequest, JobStep, Job> submit;

    JobTransactions(BiFunction<JobRequest, JobStep, Job> submit) {
        this.submit = submit;
    }

    /**
     * Submits a job like {@link JobManagerBean#submit(JobRequest)}, with a step in the same transaction.
     *
     * @throws ClaudeException the same errors as a submission without a step
     */
    public Job submit(JobRequest request, JobStep step) {
        return submit.apply(request, step);
    }

    /** Adds a step to the transaction that ends a job, for every status. A job that is retried ends again. */
    public void onEnd(JobStep step) {
        ends.add(step);
    }

    List<JobStep> ends() {
        return ends;
    }
}
