package io.github.claudejakarta.socket;

/** A client has violated the WebSocket protocol, or sent a text that is not UTF-8. */
final class FrameException extends Exception {

    private static final long serialVersionUID = 1;

    private final CloseCode code;

    FrameException(CloseCode code, String message) {
        super(message);
        this.code = code;
    }

    /** Returns the status code with which to close the connection. */
    CloseCode code() {
        return code;
    }
}
