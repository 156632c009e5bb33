package io.github.claudejakarta.claude.http;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/**
 * Reports whether the retries and the circuit breaker of {@link ClaudeClient} are active. They need MicroProfile Fault
 * Tolerance. Without it, each request is sent once; its error is still a
 * {@link io.github.claudejakarta.claude.ClaudeException}.
 *
 * <p>Safe for use by many threads.
 */
@ApplicationScoped
public class Guard {

    private FaultToleranceProbe probe;

    private volatile Boolean isPresent;

    /** For the proxy of the CDI container. */
    protected Guard() {}

    @Inject
    Guard(FaultToleranceProbe probe) {
        this.probe = probe;
    }

    /** Returns whether Fault Tolerance intercepts calls. The first call detects it. */
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
