package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** Where a stream stands. */
@PublicApi
public enum StreamStatus {

    /** Events may still come. */
    RUNNING,
    /** {@code message_stop} has come. */
    COMPLETED,
    /** An {@code error} event ended it: Claude's, or ours about an upstream that broke. */
    FAILED,
    /** Somebody called it off, or its client left. */
    CANCELED;

    /** As in JSON. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
