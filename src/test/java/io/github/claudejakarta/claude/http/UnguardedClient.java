package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.runtime.Watchdog;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A client without a container: it makes one attempt for each call, and throws the same errors as the container's
 * fallback.
 */
public final class UnguardedClient extends ClaudeClient {

    private final List<ClaudeCall> calls = new CopyOnWriteArrayList<>();

    public UnguardedClient(ClientSettings settings, Watchdog watchdog) {
        super(settings, watchdog);
    }

    /** Returns all calls so far, oldest first. */
    public List<ClaudeCall> calls() {
        return calls;
    }

    @Override
    public ClaudeAnswer call(ClaudeCall call) {
        calls.add(call);
        try {
            return super.call(call);
        } catch (AttemptFailure e) {
            throw e.failure();
        }
    }

    @Override
    public void close() {
        super.close();
    }

    /** Returns a call whose attempt has begun, as in {@link ClaudeClient}. */
    static ClaudeCall beginAttempt(ClaudeCall call) {
        call.beginAttempt(new Retries(() -> 0), Duration.ofMinutes(10));
        return call;
    }

    /** Returns settings for tests: short waits, the key {@code sk-server}. */
    public static ClientSettings settings(URI baseUri) {
        return settings(baseUri, Duration.ofSeconds(5));
    }

    /** Returns settings for tests like {@link #settings(URI)}, with another connect timeout. */
    static ClientSettings settings(URI baseUri, Duration connectTimeout) {
        return new ClientSettings(
                baseUri,
                Optional.of("sk-server"),
                "2023-06-01",
                connectTimeout,
                Duration.ofSeconds(120),
                Duration.ofMillis(50),
                Duration.ofMinutes(10),
                10,
                5,
                Duration.ofSeconds(30));
    }
}
