package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.net.GuardedConnection;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Identity;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.github.claudejakarta.upstream.TrustingTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.socket.ConnectionSocketFactory;
import org.apache.hc.client5.http.socket.PlainConnectionSocketFactory;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Registry;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A call that fails for any reason leaks no connection and no slot. */
@Timeout(120)
class ConnectionPoolTest {

    /** More calls than the pool has slots. */
    private static final int ERRORS = 15;

    private static final Registry<ConnectionSocketFactory> SOCKETS = RegistryBuilder.<ConnectionSocketFactory>create()
            .register("http", PlainConnectionSocketFactory.getSocketFactory())
            .build();
    private static final org.apache.hc.core5.util.Timeout TIMEOUT = org.apache.hc.core5.util.Timeout.ofSeconds(1);

    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final Transport transport = new Transport(UnguardedClient.settings(upstream.url()), watchdog);

    @AfterEach
    void close() {
        transport.close();
        upstream.close();
    }

    private static ClaudeCall failingUpload() {
        return UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.createBatch(out -> {
            out.write('{');
            throw new OutOfMemoryError("for the test");
        })));
    }

    private void assertThatCallsSucceed(Transport transport) {
        assertThat(transport
                        .attempt(UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.models())))
                        .asWhole()
                        .text())
                .isEqualTo("{}");
    }

    @Test
    void anErrorInACallClosesOnlyItsOwnConnection() {
        upstream.otherwise(request -> Script.json(200, "{}"));

        for (int i = 0; i < ERRORS; i++) {
            var failure = catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(failingUpload()));

            assertThat(failure).as("not counted by the circuit breaker").isInstanceOf(AttemptFailure.Refusal.class);
            assertThat(failure.failure().type()).isEqualTo(ErrorType.API);
            assertThat(failure.failure().getCause()).isInstanceOf(OutOfMemoryError.class);
            assertThat(transport.pool().leased()).isZero();
        }

        assertThat(transport.pool().isOpen()).isTrue();
        assertThatCallsSucceed(transport);
    }

    @Test
    void anErrorInACallDoesNotEndOtherStreams() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().event("a", "1").pause(barrier).event("b", "2"));
        var events = transport
                .attempt(UnguardedClient.beginAttempt(
                        new ClaudeCall(ClaudeRequest.stream(RequestBody.of(Sse.bytes("{}"))))))
                .asEvents()
                .events();
        assertThat(events.read()).hasSize(1);

        assertThat(catchThrowable(() -> transport.attempt(failingUpload()))).isInstanceOf(AttemptFailure.class);
        barrier.release();

        assertThat(events.read())
                .singleElement()
                .satisfies(event -> assertThat(event.data()).isEqualTo("2"));
        events.close();
    }

    @Test
    @Slow("a certificate of its own")
    void anErrorInTheHandshakeLeaksNoSlot(@TempDir Path directory) throws Exception {
        var before = SSLContext.getDefault();
        var identity = Identity.create(directory);
        var isBroken = new AtomicBoolean(true);
        SSLContext.setDefault(TrustingTls.contextFailingWhile(isBroken));
        try (var secured = ScriptedUpstream.startSecured(identity);
                var toSecured = new Transport(UnguardedClient.settings(secured.url()), watchdog)) {
            secured.otherwise(request -> Script.json(200, "{}"));

            for (int i = 0; i < ERRORS; i++) {
                assertThat(catchThrowable(() -> toSecured.attempt(
                                UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.models())))))
                        .isNotNull();
            }
            assertThat(toSecured.pool().leased()).isZero();

            isBroken.set(false);
            assertThatCallsSucceed(toSecured);
        } finally {
            SSLContext.setDefault(before);
        }
    }

    // Counts the slots only.

    @Test
    void aFailedConnectionLeaksNoSlot() throws Exception {
        var isBroken = new AtomicBoolean(true);
        var connections = new ConnectionPool.Connections(
                5,
                socket -> {
                    if (isBroken.get()) {
                        throw new OutOfMemoryError("for the test");
                    }
                    return new GuardedConnection(socket, watchdog);
                },
                SOCKETS);

        for (int i = 0; i < ERRORS; i++) {
            assertThat(catchThrowable(
                            () -> connections.lease("x", route(), TIMEOUT, null).get(TIMEOUT)))
                    .hasRootCauseInstanceOf(OutOfMemoryError.class);
        }
        isBroken.set(false);

        assertThat(connections.getTotalStats().getLeased()).isZero();
        assertThat(connections.lease("x", route(), TIMEOUT, null).get(TIMEOUT)).isNotNull();
        connections.end();
    }

    @Test
    void anErrorBetweenThePoolAndTheCallLeaksNoSlot() throws Exception {
        var isBroken = new AtomicBoolean();
        try (var server = new ServerSocket(0, 10, InetAddress.getByName("127.0.0.1"))) {
            var connections = new ConnectionPool.Connections(5, none -> failingOnce(isBroken, server), SOCKETS);
            connections.release(
                    connections.lease("x", route(), TIMEOUT, null).get(TIMEOUT), null, TimeValue.ofSeconds(60));
            assertThat(connections.getTotalStats().getAvailable()).isEqualTo(1);
            isBroken.set(true);

            assertThat(catchThrowable(
                            () -> connections.lease("x", route(), TIMEOUT, null).get(TIMEOUT)))
                    .isInstanceOf(OutOfMemoryError.class);

            assertThat(connections.getTotalStats().getLeased()).isZero();
            connections.end();
        }
    }

    private GuardedConnection failingOnce(AtomicBoolean isBroken, ServerSocket server) throws IOException {
        return new GuardedConnection(new Socket(server.getInetAddress(), server.getLocalPort()), watchdog) {
            @Override
            public void activate() {
                if (isBroken.compareAndSet(true, false)) {
                    throw new OutOfMemoryError("for the test");
                }
            }
        };
    }

    @Test
    void onlyItsOwnerClosesIt() throws Exception {
        var connections = new ConnectionPool.Connections(5, socket -> new GuardedConnection(socket, watchdog), SOCKETS);

        connections.close();
        connections.close(CloseMode.IMMEDIATE);

        assertThat(connections.lease("x", route(), TIMEOUT, null).get(TIMEOUT)).isNotNull();
        assertThat(connections.hasEnded()).isFalse();
        connections.end();
        assertThat(connections.hasEnded()).isTrue();
        assertThat(catchThrowable(() -> connections.lease("x", route(), TIMEOUT, null)))
                .isInstanceOf(IllegalStateException.class);
    }

    private static HttpRoute route() {
        return new HttpRoute(new HttpHost("http", "localhost", 80));
    }
}
