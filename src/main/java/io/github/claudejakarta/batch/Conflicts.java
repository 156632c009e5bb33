package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;

/** What cannot be done with a batch as it stands, though it may be later. */
final class Conflicts {

    private Conflicts() {
    }

    static ClaudeException running() {
        return of("The batch is still running");
    }

    static ClaudeException of(String message) {
        return ClaudeException.of(ErrorType.CONFLICT, message);
    }
}
