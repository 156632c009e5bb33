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
 * The client with retries and errors as in a container, where MicroProfile Fault Tolerance adds them. It has no circuit
 * breaker: a test that fails often on purpose must not change the next one.
 */
@Vetoed
final class RetryingClient extends ClaudeClient {

    /** Says that there are retries: nobody needs to be warned. */
    @Vetoed
    static final class Present extends Guard {

        @Override
        public boolean isPresent() {
            return true;
        }
    }

    /** MicroProfile's own key. */
    static final String MAX_RETRIES = ClaudeClient.class.getName() + "/call/Retry/maxRetries";

    private static final int USUAL_RETRIES = 2;

    private final int maxRetries;

    @Inject
    RetryingClient(ClientSettings settings, Watchdog watchdog, Config config) {
        super(settings, watchdog);
        this.maxRetries = config.getOptionalValue(MAX_RETRIES, Integer.class).orElse(USUAL_RETRIES);
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
