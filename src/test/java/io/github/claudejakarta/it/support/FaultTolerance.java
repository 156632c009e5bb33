package io.github.claudejakarta.it.support;

/** Configuration keys of MicroProfile Fault Tolerance for the one method that it guards. */
public final class FaultTolerance {

    public static final String NO_RETRIES = key("Retry/maxRetries=0");

    /** Disables the circuit breaker, for tests with repeated failures of Claude. */
    public static final String NO_BREAKER = key("CircuitBreaker/enabled=false");

    private FaultTolerance() {}

    public static String key(String setting) {
        return "io.github.claudejakarta.claude.http.ClaudeClient/call/" + setting;
    }
}
