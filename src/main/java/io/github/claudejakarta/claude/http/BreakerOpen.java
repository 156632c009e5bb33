package io.github.claudejakarta.claude.http;

/**
 * The cause of the error of a call that the circuit breaker rejected. It replaces the exception class of Fault
 * Tolerance, which cannot be loaded if the server lacks the feature.
 */
final class BreakerOpen extends RuntimeException {

    private static final long serialVersionUID = 1;

    BreakerOpen(Throwable cause) {
        super(cause.getMessage(), cause, false, false);
    }
}
