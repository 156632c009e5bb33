package io.github.claudejakarta.claude;

import java.util.Locale;

/**
 * The handling of an answer that breaks off after its beginning: {@code claude.stream.recovery}, or the header
 * {@code stream-recovery}.
 */
@PublicApi
public enum RecoveryMode {

    /** The answer ends in an {@code error} event. */
    OFF,

    /** The server requests a continuation from Claude, if the answer can be continued. */
    CONTINUE;

    /** The header with which a request chooses its mode. */
    public static final String HEADER = "stream-recovery";

    /**
     * Returns the mode of one request.
     *
     * @param header its {@value #HEADER}, or null
     * @param otherwise the mode for a request without the header; may be null
     * @throws ClaudeException {@code invalid_request_error} for another value of the header
     */
    public static RecoveryMode of(String header, RecoveryMode otherwise) {
        if (header == null || header.isBlank()) {
            return otherwise;
        }
        for (RecoveryMode mode : values()) {
            if (mode.name().equalsIgnoreCase(header.strip())) {
                return mode;
            }
        }
        throw ClaudeException.of(ErrorType.INVALID_REQUEST, HEADER + ": Input should be 'continue' or 'off'");
    }

    /** Returns the value in the configuration and in the header, for example {@code continue}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
