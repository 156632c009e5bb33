package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.PublicApi;
import java.util.Locale;

/** The status of a stream. */
@PublicApi
public enum StreamStatus {

    /** Events may still arrive. */
    RUNNING,
    /** {@code message_stop} has arrived. */
    COMPLETED,
    /** An {@code error} event ended the stream: Claude's own, or this server's for an upstream that broke. */
    FAILED,
    /** The stream was canceled, or its client left. */
    CANCELED;

    /** Returns the status as in JSON. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
