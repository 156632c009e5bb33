package io.github.claudejakarta.claude;

import java.util.Locale;

/**
 * What becomes of an answer that breaks off after its beginning: {@code claude.stream.recovery}, or the header
 * {@code stream-recovery}.
 */
@PublicApi
public enum RecoveryMode {

    /** It ends in an {@code error} event. */
    OFF,

    /** Claude is asked to go on with it, where that can be done. */
    CONTINUE;

    /** The header by which a request says so for itself. */
    public static final String HEADER = "stream-recovery";

    /**
     * What one request wants.
     *
     * @param header its {@value #HEADER}, or null
     * @param otherwise where it does not say; may be null
     * @throws ClaudeException {@code invalid_request_error} for another word
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

    /** As it is configured, or asked for. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
