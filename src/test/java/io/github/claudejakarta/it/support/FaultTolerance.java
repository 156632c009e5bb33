package io.github.claudejakarta.it.support;

/** MicroProfile Fault Tolerance's own keys for the one method that it guards. */
public final class FaultTolerance {

    public static final String NO_RETRIES = key("Retry/maxRetries=0");

    /** Not for tests in which Claude fails again and again. */
    public static final String NO_BREAKER = key("CircuitBreaker/enabled=false");

    private FaultTolerance() {}

    public static String key(String setting) {
        return "io.github.claudejakarta.claude.http.ClaudeClient/call/" + setting;
    }
}
