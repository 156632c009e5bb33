package io.github.claudejakarta.socket;

/** What a client sent is not WebSocket, or is not text. */
final class FrameException extends Exception {

    private static final long serialVersionUID = 1;

    private final CloseCode code;

    FrameException(CloseCode code, String message) {
        super(message);
        this.code = code;
    }

    /** The status code that the connection is to be closed with. */
    CloseCode code() {
        return code;
    }
}
