package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** How a job stands. */
@PublicApi
public enum JobStatus {

    /** Waiting to be run, or to be run again after a failure that may pass. */
    QUEUED,
    RUNNING,
    /** There is a message. */
    SUCCEEDED,
    /** Claude refused it, or failed in a way that another attempt would not mend. */
    FAILED,
    /** Called off. */
    CANCELED,
    /** As many attempts as may be have failed. It can be revived. */
    DEAD;

    public boolean isOver() {
        return this != QUEUED && this != RUNNING;
    }

    static JobStatus of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** As the API spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
