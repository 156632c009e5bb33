package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Deadline;
import java.time.Duration;

/** Creates the error for a request that exceeds its own time limit. */
final class TimeLimit {

    private TimeLimit() {}

    static ClaudeException exceeded(ClaudeRequest request) {
        return ClaudeException.of(
                ErrorType.TIMEOUT,
                "Claude's answer was not complete within "
                        + Deadline.seconds(request.timeout().orElse(Duration.ZERO))
                        + ", the time limit of the request");
    }
}
