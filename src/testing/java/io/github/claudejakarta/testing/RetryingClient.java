package io.github.claudejakarta.testing;

import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.claude.http.Guard;
import io.github.claudejakarta.runtime.Watchdog;
import jakarta.enterprise.inject.Vetoed;
import jakarta.inject.Inject;
import org.eclipse.microprofile.config.Config;

/**
 * A client with the same retries and errors as in a container, where MicroProfile Fault Tolerance adds them. It has no
 * circuit breaker: a test with many intended failures must not influence the next test.
 */
@Vetoed
final class RetryingClient extends ClaudeClient {

    /** Reports that retries are present, so that no warning is logged. */
    @Vetoed
    static final class Present extends Guard {

        @Override
        public boolean isPresent() {
            return true;
        }
    }

    /** The key that MicroProfile Fault Tolerance defines. */
    static final String MAX_RETRIES = ClaudeClient.class.getName() + "/call/Retry/maxRetries";

    private static final int DEFAULT_RETRIES = 2;

    private final int maxRetries;

    @Inject
    RetryingClient(ClientSettings settings, Watchdog watchdog, Config config) {
        super(settings, watchdog);
        this.maxRetries = config.getOptionalValue(MAX_RETRIES, Integer.class).orElse(DEFAULT_RETRIES);
    }

    @Override
    public ClaudeAnswer call(ClaudeCall call) {
        for (int retries = 0; ; retries++) {
            try {
                return super.call(call);
            } catch (RuntimeException e) {
                if (retries >= maxRetries || !isRepeatable(e)) {
                    throw error(call, e);
                }
            }
        }
    }
}
