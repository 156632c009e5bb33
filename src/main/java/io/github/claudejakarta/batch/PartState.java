package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** How one part of a batch stands. */
@PublicApi
public enum PartState {

    /** To be sent. */
    WAITING,
    /** Being sent, or sent without an answer: it is looked up before it is sent again. */
    SENDING,
    /** Nobody here can tell what Claude has of it; a person has to. */
    UNRESOLVED,
    /** Accepted by Claude, and not ended, or its results not read yet. */
    RUNNING,
    /** Ended, its results read. */
    ENDED,
    /** Refused by Claude. */
    FAILED,
    /** Called off before it was sent. */
    CANCELED;

    boolean isOver() {
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
