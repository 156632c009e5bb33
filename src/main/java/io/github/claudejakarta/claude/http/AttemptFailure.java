package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;

/**
 * The failure of one attempt. The subclasses are the kinds of failure, because MicroProfile Fault Tolerance decides by
 * class. The circuit breaker counts outages and does not count refusals. Transient failures are retried.
 */
abstract sealed class AttemptFailure extends RuntimeException {

    private final ClaudeException failure;

    private AttemptFailure(ClaudeException failure) {
        super(failure.getMessage(), failure, false, false);
        this.failure = failure;
    }

    /** Returns the error for the caller. */
    ClaudeException failure() {
        return failure;
    }

    /**
     * Returns the failure for an answer with an error, or for an error in the first event of an answer with HTTP 200.
     */
    static AttemptFailure of(ClaudeException error) {
        boolean isOutage = error.status() >= 500;
        if (error.isRetryable()) {
            return isOutage ? new TransientOutage(error) : new TransientRefusal(error);
        }
        return isOutage ? new Outage(error) : new Refusal(error);
    }

    /** Claude could not be reached or failed, and may recover soon. */
    static final class TransientOutage extends AttemptFailure {
        TransientOutage(ClaudeException failure) {
            super(failure);
        }
    }

    /** Claude failed, and the request must not be repeated, because it may have been billed. */
    static final class Outage extends AttemptFailure {
        Outage(ClaudeException failure) {
            super(failure);
        }
    }

    /** Claude works, but temporarily rejects requests of this caller. */
    static final class TransientRefusal extends AttemptFailure {
        TransientRefusal(ClaudeException failure) {
            super(failure);
        }
    }

    /** Claude or this server would reject the request again. */
    static final class Refusal extends AttemptFailure {
        Refusal(ClaudeException failure) {
            super(failure);
        }
    }
}
