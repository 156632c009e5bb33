package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;

/**
 * How an attempt failed, said in classes, because MicroProfile Fault Tolerance chooses by class: an outage is counted
 * by the circuit breaker, a refusal is not, and either may pass or not.
 */
abstract sealed class AttemptFailure extends RuntimeException {

    private final ClaudeException failure;

    private AttemptFailure(ClaudeException failure) {
        super(failure.getMessage(), failure, false, false);
        this.failure = failure;
    }

    /** What the caller is told. */
    ClaudeException failure() {
        return failure;
    }

    /** An answer with an error, or an error that came as the first event under HTTP 200. */
    static AttemptFailure of(ClaudeException error) {
        boolean isOutage = error.status() >= 500;
        if (error.mayPass()) {
            return isOutage ? new PassingOutage(error) : new PassingRefusal(error);
        }
        return isOutage ? new Outage(error) : new Refusal(error);
    }

    /** Claude could not be reached, or failed, and may be well again in a moment. */
    static final class PassingOutage extends AttemptFailure {
        PassingOutage(ClaudeException failure) {
            super(failure);
        }
    }

    /** Claude failed, and must not be asked again: the request may have been paid for. */
    static final class Outage extends AttemptFailure {
        Outage(ClaudeException failure) {
            super(failure);
        }
    }

    /** Claude is well but busy, for this caller. */
    static final class PassingRefusal extends AttemptFailure {
        PassingRefusal(ClaudeException failure) {
            super(failure);
        }
    }

    /** Claude, or we, will say the same again. */
    static final class Refusal extends AttemptFailure {
        Refusal(ClaudeException failure) {
            super(failure);
        }
    }
}
