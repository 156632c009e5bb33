package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** How a batch stands. */
@PublicApi
public enum BatchStatus {

    /** Requests are still coming in; callers do not see a batch before that is over. */
    RECEIVING,
    /** Not all parts have been accepted by Claude. */
    SUBMITTING,
    IN_PROGRESS,
    /** To be called off; requests that were begun may still succeed. */
    CANCELING,
    ENDED,
    /** Over, and some requests never were accepted by Claude; the parts say why. */
    FAILED;

    public boolean isOver() {
        return this == ENDED || this == FAILED;
    }

    static BatchStatus of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** As the API spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
