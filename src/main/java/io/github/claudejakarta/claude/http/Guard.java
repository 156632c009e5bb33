package io.github.claudejakarta.claude.http;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/**
 * Whether {@link ClaudeClient} has its retries and its circuit breaker, which are MicroProfile Fault Tolerance's.
 * Without them each request is sent once, and its error is a {@link io.github.claudejakarta.claude.ClaudeException} all
 * the same.
 *
 * <p>Safe for use by many threads.
 */
@ApplicationScoped
public class Guard {

    private FaultToleranceProbe probe;

    private volatile Boolean isPresent;

    /** For the container's proxy. */
    protected Guard() {}

    @Inject
    Guard(FaultToleranceProbe probe) {
        this.probe = probe;
    }

    /** Returns whether Fault Tolerance intercepts calls; found out once. */
    public boolean isPresent() {
        if (isPresent == null) {
            isPresent = isIntercepted();
        }
        return isPresent;
    }

    private boolean isIntercepted() {
        try {
            return probe.isIntercepted();
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
