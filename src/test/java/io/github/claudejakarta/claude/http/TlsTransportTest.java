package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.Identity;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The differences of an upstream with TLS, like Claude. */
@Timeout(30)
class TlsTransportTest {

    private static SSLContext before;
    private static SSLContext identity;

    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private ScriptedUpstream upstream;
    private Transport transport;

    @BeforeAll
    static void trustTheUpstream(@TempDir Path directory) throws Exception {
        before = SSLContext.getDefault();
        identity = Identity.create(directory);
        SSLContext.setDefault(identity);
    }

    @AfterAll
    static void restoreTrust() {
        SSLContext.setDefault(before);
    }

    @BeforeEach
    void start() {
        upstream = ScriptedUpstream.startSecured(identity);
        transport = transport(upstream.url());
    }

    @AfterEach
    void stop() {
        transport.close();
        upstream.close();
        threads.shutdownNow();
    }

    private Transport transport(URI upstream) {
        return new Transport(
                new ClientSettings(
                        upstream,
                        Optional.empty(),
                        "2023-06-01",
                        Duration.ofMillis(300),
                        Duration.ofSeconds(120),
                        Duration.ofSeconds(1),
                        Duration.ofMinutes(10),
                        10,
                        10,
                        Duration.ofSeconds(30)),
                watchdog);
    }

    private static ClaudeCall stream() {
        var call = new ClaudeCall(ClaudeRequest.stream(RequestBody.of(Sse.bytes("{}"))));
        call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(120));
        return call;
    }

    @Test
    void everyEventArrivesAndTheConnectionIsReused() throws Exception {
        byte[] body = Sse.bytes(IntStream.range(0, 2_000)
                .mapToObj(i -> "event: e\ndata: " + i + "\n\n")
                .reduce("", String::concat));
        upstream.otherwise(request -> Script.sse(body));

        for (int i = 0; i < 3; i++) {
            EventStream events = transport.attempt(stream()).asEvents().events();
            assertThat(data(events))
                    .isEqualTo(IntStream.range(0, 2_000)
                            .mapToObj(Integer::toString)
                            .toList());
            events.close();
        }

        assertThat(upstream.acceptedConnections()).isEqualTo(1);
    }

    @Test
    void anEventArrivesBeforeTheNextIsSent() {
        upstream.answer(Script.sseHead().event("ping", "{}").event("one", "{}").stall());

        EventStream events = transport.attempt(stream()).asEvents().events();

        assertThat(events.read())
                .last()
                .satisfies(event -> assertThat(event.name()).isEqualTo("one"));
    }

    @Test
    void aCutIsAFailureAndNotAnEnd() {
        upstream.answer(Script.sseHead().event("one", "{}").cut());
        EventStream events = transport.attempt(stream()).asEvents().events();
        events.read();

        assertThat(catchThrowableOfType(ClaudeException.class, events::read)).hasMessageContaining("broke off");
    }

    @Test
    void aStreamCanBeCanceledWhileItIsRead() throws Exception {
        upstream.answer(Script.sseHead().event("one", "{}").stall());
        ClaudeCall call = stream();
        EventStream events = transport.attempt(call).asEvents().events();
        events.read();
        var reader = new CompletableFuture<Thread>();
        Future<?> reading = threads.submit(() -> {
            reader.complete(Thread.currentThread());
            return events.read();
        });
        awaitSocketRead(reader.get(10, TimeUnit.SECONDS));

        call.cancel();

        assertThat(catchThrowableOfType(ExecutionException.class, () -> reading.get(10, TimeUnit.SECONDS)))
                .isNotNull();
        upstream.awaitOpenConnections(0);
    }

    @Test
    void anUntrustedCertificateIsReported(@TempDir Path directory) throws Exception {
        try (var stranger = ScriptedUpstream.startSecured(Identity.create(directory));
                var toStranger = transport(stranger.url())) {
            var failure = catchThrowableOfType(AttemptFailure.class, () -> toStranger.attempt(stream()));

            assertThat(failure.failure()).hasMessageContaining("connection to Claude failed");
            assertThat(failure.failure().kind()).isEqualTo(ErrorKind.UNREACHABLE);
            assertThat(stranger.requests()).isEmpty();
        }
    }

    @Test
    void anUnansweredHandshakeFailsAfterTheConnectTimeout() throws Exception {
        var silent = new ServerSocket(0, 10, InetAddress.getByName("127.0.0.1"));
        try (silent;
                var toSilent = transport(URI.create("https://localhost:" + silent.getLocalPort()))) {
            Future<AttemptFailure> failure =
                    threads.submit(() -> catchThrowableOfType(AttemptFailure.class, () -> toSilent.attempt(stream())));

            assertThat(failure.get(10, TimeUnit.SECONDS).failure())
                    .returns(500, ClaudeException::status)
                    .returns(ErrorKind.UNREACHABLE, ClaudeException::kind);
        }
    }

    private static void awaitSocketRead(Thread thread) throws InterruptedException {
        while (Arrays.stream(thread.getStackTrace())
                .noneMatch(frame -> frame.getClassName().startsWith("sun.nio.ch."))) {
            Thread.sleep(1);
        }
    }

    private static List<String> data(EventStream stream) {
        var data = new ArrayList<String>();
        for (var events = stream.read(); !events.isEmpty(); events = stream.read()) {
            events.forEach(event -> data.add(event.data()));
        }
        return data;
    }
}
