package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;

/** The status codes with which this server closes WebSockets (RFC 6455, section 7.4.1). */
enum CloseCode {
    NORMAL(1000),
    GOING_AWAY(1001),
    PROTOCOL_ERROR(1002),
    INVALID_TEXT(1007),
    POLICY_VIOLATION(1008),
    TOO_BIG(1009),
    INTERNAL_ERROR(1011),
    TRY_AGAIN_LATER(1013);

    private static final int UNAVAILABLE = 503;

    private final int value;

    CloseCode(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }

    /** Returns the code for a socket that is rejected with this error. */
    static CloseCode of(ClaudeException why) {
        if (why.type().equals(ErrorType.OVERLOADED) || why.status() == UNAVAILABLE) {
            return TRY_AGAIN_LATER;
        }
        return why.type().equals(ErrorType.REQUEST_TOO_LARGE) ? TOO_BIG : POLICY_VIOLATION;
    }
}
