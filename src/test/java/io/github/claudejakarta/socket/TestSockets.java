package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.stream.LocalStreams;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.stream.Streams;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.github.claudejakarta.usage.RateLimits;
import io.github.claudejakarta.usage.UsageSettings;
import io.github.claudejakarta.web.BodySettings;
import jakarta.enterprise.event.Event;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

/** The objects that sockets share, without a container. The streams come from a scripted upstream. */
final class TestSockets implements AutoCloseable {

    private static final StreamSettings SETTINGS =
            new StreamSettings(Duration.ofMinutes(10), Duration.ofSeconds(10), Duration.ofSeconds(60), 1 << 20, 50);
    private static final RecoverySettings RECOVERY = new RecoverySettings(RecoveryMode.OFF, RecoverySettings.UP_TO_4_5);

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final MemoryBudget budget = new MemoryBudget(100 << 20);
    private final WorkerThreads threads =
            new WorkerThreads(Thread::new, 10, task -> task, cause -> new IllegalStateException(cause));
    private final UnguardedClient client;
    private final Streams streams;
    private final Sockets sockets = new Sockets();

    /**
     * Creates the objects.
     *
     * @param socket has the watchdog of all sockets
     */
    TestSockets(TestSocket socket) {
        client = new UnguardedClient(UnguardedClient.settings(upstream.url()), socket.watchdog());
        streams = new LocalStreams(
                client,
                SETTINGS,
                RECOVERY,
                threads,
                socket.watchdog(),
                caller -> () -> {},
                MemoryBudget.unlimited(),
                Clock.systemUTC(),
                unheard());
        set("streams", streams);
        set("threads", threads);
        set("settings", SETTINGS);
        set("recovery", RECOVERY);
        set(
                "limits",
                new RateLimits(new UsageSettings(Map.of(), Duration.ofDays(1)), Clock.systemUTC(), Ticker.SYSTEM));
        set("budget", budget);
        set("bodies", BodySettings.DEFAULTS);
        set("watchdog", socket.watchdog());
    }

    @SuppressWarnings("unchecked") // an interface of one type
    private static <T> Event<T> unheard() {
        return (Event<T>) Proxy.newProxyInstance(
                TestSockets.class.getClassLoader(), new Class<?>[] {Event.class}, (proxy, method, arguments) -> null);
    }

    /** Injects as the container does. */
    private void set(String field, Object value) {
        try {
            var injected = Sockets.class.getDeclaredField(field);
            injected.setAccessible(true);
            injected.set(sockets, value);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    ScriptedUpstream upstream() {
        return upstream;
    }

    MemoryBudget budget() {
        return budget;
    }

    Streams streams() {
        return streams;
    }

    Sockets get() {
        return sockets;
    }

    @Override
    public void close() {
        threads.close();
        client.close();
        upstream.close();
    }
}
