package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;

/**
 * How an attempt failed, said in classes, because MicroProfile Fault Tolerance chooses by class: an outage is counted by
 * the circuit breaker, a refusal is not, and either may pass or not.
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

    /** An answer with an error, by status. */
    static AttemptFailure of(ClaudeException answer) {
        return of(answer, switch (answer.status()) {
            case 408, 409, 429 -> true;
            default -> answer.status() >= 500;
        });
    }

    /** An error that came as the first event under HTTP 200, by type; one of an unknown type is not repeated. */
    static AttemptFailure ofFirstEvent(ClaudeException error) {
        return of(error, error.type().isRetryable());
    }

    private static AttemptFailure of(ClaudeException answer, boolean mayPassByItself) {
        boolean isOutage = answer.status() >= 500;
        if (answer.mayPass(mayPassByItself)) {
            return isOutage ? new PassingOutage(answer) : new PassingRefusal(answer);
        }
        return isOutage ? new Outage(answer) : new Refusal(answer);
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
