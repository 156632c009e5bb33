package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** The status of a job. */
@PublicApi
public enum JobStatus {

    /** The job waits for its first attempt, or for the next attempt after a temporary failure. */
    QUEUED,
    /** A server runs an attempt. */
    RUNNING,
    /** The job has a message. */
    SUCCEEDED,
    /** The job failed permanently, for example because Claude rejected the request. It can be retried. */
    FAILED,
    /** The job was canceled. */
    CANCELED,
    /** The last attempt that {@code claude.job.max-attempts} allows has failed. The job can be retried. */
    DEAD;

    /** Returns whether the job has ended: every status but {@link #QUEUED} and {@link #RUNNING}. */
    public boolean hasEnded() {
        return this != QUEUED && this != RUNNING;
    }

    static JobStatus of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** Returns the status as the API writes it: in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
