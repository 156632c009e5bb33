package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.runtime.Watchdog;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A client as it is without a container, one attempt a call; what went wrong is told as the container's fallback would.
 */
public final class UnguardedClient extends ClaudeClient {

    private final List<ClaudeCall> calls = new CopyOnWriteArrayList<>();

    public UnguardedClient(ClientSettings settings, Watchdog watchdog) {
        super(settings, watchdog);
    }

    /** All calls so far, oldest first. */
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

    /** A call as {@link ClaudeClient} hands it to an attempt. */
    static ClaudeCall beginAttempt(ClaudeCall call) {
        call.beginAttempt(new Retries(() -> 0), Duration.ofMinutes(10));
        return call;
    }

    /** Settings for tests: short waits, the key {@code sk-server}. */
    public static ClientSettings settings(URI baseUri) {
        return settings(baseUri, Duration.ofSeconds(5));
    }

    /** Settings for tests as {@link #settings(URI)}, with another time to connect. */
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
