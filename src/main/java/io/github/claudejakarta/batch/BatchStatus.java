package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** The state of a batch. */
@PublicApi
public enum BatchStatus {

    /** Requests are still being received. Callers do not see the batch yet. */
    RECEIVING,
    /** Claude has not accepted all parts yet. */
    SUBMITTING,
    IN_PROGRESS,
    /** The batch is being canceled. Requests that Claude has started may still succeed. */
    CANCELING,
    ENDED,
    /** The batch has ended, and Claude rejected some requests with their whole part. The parts contain the reason. */
    FAILED;

    /** Returns whether the batch has ended: {@link #ENDED} or {@link #FAILED}. */
    public boolean hasEnded() {
        return this == ENDED || this == FAILED;
    }

    static BatchStatus of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** Returns the spelling of the HTTP API. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
