package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.FailureText;
import java.io.IOException;

/**
 * A body that cannot be decoded: its content coding is unknown, or its data is corrupt. The message is a sentence for
 * the caller.
 */
final class UndecodableBody extends IOException {

    private static final long serialVersionUID = 1;

    UndecodableBody(String message) {
        super(message);
    }

    /**
     * Returns the error for the caller whose read of a body failed. The cause is a broken connection, an interrupt of
     * the reading thread, or a body that cannot be decoded. The last one is final, because the message may have been
     * billed.
     */
    static ClaudeException failure(Exception e) {
        if (Interruption.isIn(e)) {
            return Interruption.failure(e);
        }
        return e instanceof UndecodableBody
                ? ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, e.getMessage())
                        .withoutRetry()
                        .withCause(e)
                : ClaudeException.of(
                                ErrorKind.BROKEN,
                                ErrorType.API,
                                "The connection to Claude broke off: " + FailureText.of(e))
                        .withCause(e);
    }
}
