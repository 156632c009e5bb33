package io.github.claudejakarta.claude.http;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.faulttolerance.Fallback;

/**
 * Detects whether annotations of MicroProfile Fault Tolerance have an effect on the beans of this application. A server
 * without the feature ignores them silently, even if their classes are on the class path.
 */
@ApplicationScoped
class FaultToleranceProbe {

    /**
     * Returns true through the fallback.
     *
     * @throws IllegalStateException if no fallback intercepts the call
     */
    @Fallback(fallbackMethod = "intercepted")
    public boolean isIntercepted() {
        throw new IllegalStateException("MicroProfile Fault Tolerance is not active");
    }

    boolean intercepted() {
        return true;
    }
}
