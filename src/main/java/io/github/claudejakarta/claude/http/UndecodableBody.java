package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import java.io.IOException;

/** The content coding of a body is unknown, or its data is corrupt. The message is a sentence for the caller. */
final class UndecodableBody extends IOException {

    private static final long serialVersionUID = 1;

    UndecodableBody(String message) {
        super(message);
    }

    /**
     * What a failure to read a body is to its caller: a connection that broke off; a body that cannot be decoded, which
     * is final, because it may be a message that was paid for; or an interrupt of the thread that reads.
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
                                "The connection to Claude broke off: " + e.getMessage())
                        .withCause(e);
    }
}
