package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** The state of one part of a batch. */
@PublicApi
public enum PartState {

    /** The part waits to be sent. */
    WAITING,
    /** The part is being sent, or was sent without an answer. It is looked up before it is sent again. */
    SENDING,
    /** The server cannot decide whether Claude has the part. The part waits for a person. */
    UNRESOLVED,
    /** Claude has accepted the part. It has not ended, or its results have not been read yet. */
    RUNNING,
    /** The part has ended, and its results were read. */
    ENDED,
    /** Claude rejected the part. */
    FAILED,
    /** The part was canceled before it was sent. */
    CANCELED;

    boolean hasEnded() {
        return this == ENDED || this == FAILED || this == CANCELED;
    }

    static PartState of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
