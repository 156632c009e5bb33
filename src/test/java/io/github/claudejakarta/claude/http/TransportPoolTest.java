package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.RefusingPort;
import io.github.claudejakarta.upstream.Script;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The number, the use and the reuse of connections. */
class TransportPoolTest extends ScriptedTransport {

    @Test
    void aFullPoolIsOverloadedAfterTheLeaseTimeout() {
        upstream.answer(Script.sseHead().write(STOP).stall());
        Transport transport = transport(pool(1, 1));
        transport.attempt(stream());

        var failure = failure(transport, stream());

        assertThat(failure).isInstanceOf(AttemptFailure.Refusal.class);
        assertThat(failure.failure().status()).isEqualTo(529);
        assertThat(failure.failure().type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(failure.failure().retryAfter()).contains(Duration.ofMillis(50));
        assertThat(failure.failure().errorMessage()).contains("claude.pool.max-connections");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aStreamHoldsAConnectionUntilItIsClosed() throws Exception {
        upstream.answer(Script.sse(Sse.bytes(STOP)));
        Transport transport = transport();
        var events = transport.attempt(stream()).asEvents().events();
        assertThat(transport.pool().leased()).isEqualTo(1);

        events.drain();
        events.close();

        assertThat(transport.pool().leased()).isZero();
        assertThat(transport.pool().idle()).isEqualTo(1);
    }

    @Test
    void anEndedStreamReturnsItsConnection() throws Exception {
        upstream.otherwise(request -> Script.sse(Sse.bytes(STOP)));
        Transport transport = transport();

        for (int i = 0; i < 3; i++) {
            var events = transport.attempt(stream()).asEvents().events();
            events.drain();
            events.close();
        }

        assertThat(upstream.acceptedConnections()).isEqualTo(1);
    }

    @Test
    void anErrorAnswerReturnsItsConnection() {
        upstream.otherwise(request -> Script.error(529, "overloaded_error", "x"));
        Transport transport = transport();

        for (int i = 0; i < 20; i++) {
            failure(transport, stream());
        }

        assertThat(transport.pool().leased()).isZero();
    }

    @Test
    void aFirstErrorEventReturnsItsConnection() throws Exception {
        upstream.otherwise(request -> Script.sseHead()
                .event("error", Script.errorBody("overloaded_error", "x"))
                .stall());
        Transport transport = transport();

        for (int i = 0; i < 20; i++) {
            failure(transport, stream());
        }

        assertThat(transport.pool().leased()).isZero();
        upstream.awaitOpenConnections(0);
    }

    @Test
    void limitsIdleConnections() throws Exception {
        var barrier = new Barrier();
        upstream.otherwise(request -> Script.sseHead().write(STOP).pause(barrier));
        Transport transport = transport(pool(10, 2));
        var streams = new ArrayList<EventStream>();
        for (int i = 0; i < 5; i++) {
            streams.add(transport.attempt(stream()).asEvents().events());
        }
        assertThat(transport.pool().leased()).isEqualTo(5);

        barrier.release();
        for (EventStream events : streams) {
            events.drain();
            events.close();
        }

        assertThat(transport.pool().idle()).isEqualTo(2);
        upstream.awaitOpenConnections(2);
    }

    @Test
    void idleConnectionsAreClosedByTheWatchdog() throws Exception {
        upstream.answer(Script.json(200, "{}"));
        Transport transport = transport(settings(10, 5, Duration.ofMillis(1), Duration.ofSeconds(5)));
        transport.attempt(new ClaudeCall(ClaudeRequest.models()));

        while (transport.pool().idle() > 0) { // The pool reads the clock of the machine.
            advance(Duration.ofSeconds(1));
        }

        upstream.awaitOpenConnections(0);
    }

    @Test
    void keepsIdleConnectionsUntilTheirLimit() {
        upstream.answer(Script.json(200, "{}"));
        Transport transport = transport();
        transport.attempt(new ClaudeCall(ClaudeRequest.models()));

        advance(Duration.ofSeconds(5));

        assertThat(transport.pool().idle()).isEqualTo(1);
    }

    @Test
    void aClosedPortIsATransientOutage() throws Exception {
        try (var port = new RefusingPort()) {
            var failure = failure(
                    transport(UnguardedClient.settings(URI.create("http://127.0.0.1:" + port.number()))), stream());

            assertThat(failure).isInstanceOf(AttemptFailure.TransientOutage.class);
            assertThat(failure.failure().status()).isEqualTo(500);
            assertThat(failure.failure().errorMessage()).startsWith("Claude could not be reached");
        }
    }

    @Test
    void theErrorNamesAnUnknownHost() {
        var failure = failure(transport(UnguardedClient.settings(URI.create("http://nowhere.invalid"))), stream());

        assertThat(failure).isInstanceOf(AttemptFailure.TransientOutage.class);
        assertThat(failure.failure().errorMessage())
                .startsWith("Claude could not be reached: no address was found for the host nowhere.invalid");
    }

    @Test
    void aHostThatDoesNotAcceptIsAnOutageAfterTheConnectTimeout() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                var backlog = new Backlog(server)) {
            var settings = settings(
                    URI.create("http://127.0.0.1:" + server.getLocalPort()),
                    10,
                    5,
                    Duration.ofSeconds(30),
                    Duration.ofMillis(100));

            var failure = failure(transport(settings), stream());

            assertThat(failure).isInstanceOf(AttemptFailure.TransientOutage.class);
            assertThat(failure.failure().errorMessage()).startsWith("Claude could not be reached");
        }
    }

    /** Opens connections that are never accepted, until the kernel's queue is full and one has to wait. */
    private static final class Backlog implements AutoCloseable {

        private final List<SocketChannel> channels = new ArrayList<>();

        Backlog(ServerSocket server) throws IOException {
            for (int i = 0; i < 8; i++) {
                var channel = SocketChannel.open();
                channel.configureBlocking(false);
                channel.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
                channels.add(channel);
            }
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
    }
}
