package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/**
 * The base of tests of {@link Transport} and of calls: a transport to a scripted upstream, with a clock that the test
 * advances.
 */
@Timeout(30)
abstract class ScriptedTransport {

    static final byte[] BODY = Sse.bytes("{\"model\": \"m\",  \"max_tokens\":1e2}");
    static final String STOP = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    final ScriptedUpstream upstream = ScriptedUpstream.start();
    final ExecutorService threads = Executors.newCachedThreadPool();
    /** The difference between the watchdog's clock and the real time. */
    final AtomicLong later = new AtomicLong();

    final Watchdog watchdog = new Watchdog(() -> System.nanoTime() + later.get());
    private final List<Transport> opened = new ArrayList<>();

    @AfterEach
    final void closeAll() {
        upstream.close();
        opened.forEach(Transport::close);
        threads.shutdownNow();
    }

    static Throwable failureOf(Future<?> future) throws Exception {
        return catchThrowableOfType(ExecutionException.class, () -> future.get(10, TimeUnit.SECONDS))
                .getCause();
    }

    void advance(Duration time) {
        later.addAndGet(time.toNanos());
        watchdog.tick();
    }

    ReceivedRequest sent(Map<String, String> headers) throws Exception {
        upstream.answer(Script.json(200, "{}"));
        transport().attempt(new ClaudeCall(ClaudeRequest.models().withHeaders(headers)));
        return upstream.takeRequest();
    }

    AttemptFailure failure(ClaudeCall call) {
        return failure(transport(), call);
    }

    static AttemptFailure failure(Transport transport, ClaudeCall call) {
        return catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call));
    }

    Transport transport() {
        return transport(UnguardedClient.settings(upstream.url()));
    }

    Transport transport(ClientSettings settings) {
        var transport = new Transport(settings, watchdog);
        opened.add(transport);
        return transport;
    }

    ClientSettings pool(int maxConnections, int maxIdle) {
        return settings(maxConnections, maxIdle, Duration.ofSeconds(30), Duration.ofSeconds(5));
    }

    ClientSettings settings(int maxConnections, int maxIdle, Duration keepAlive, Duration connectTimeout) {
        return settings(upstream.url(), maxConnections, maxIdle, keepAlive, connectTimeout);
    }

    static ClientSettings settings(
            URI uri, int maxConnections, int maxIdle, Duration keepAlive, Duration connectTimeout) {
        return new ClientSettings(
                uri,
                Optional.empty(),
                "2023-06-01",
                connectTimeout,
                Duration.ofSeconds(120),
                Duration.ofMillis(50),
                Duration.ofMinutes(10),
                maxConnections,
                maxIdle,
                keepAlive);
    }

    /** Returns a call whose attempt has begun, as in {@link ClaudeClient}. */
    static ClaudeCall stream() {
        var call = new ClaudeCall(ClaudeRequest.stream(RequestBody.of(BODY)));
        call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(120));
        return call;
    }

    static List<String> names(EventStream stream) {
        var names = new ArrayList<String>();
        for (var events = stream.read(); !events.isEmpty(); events = stream.read()) {
            events.forEach(event -> names.add(event.name()));
        }
        return names;
    }
}
