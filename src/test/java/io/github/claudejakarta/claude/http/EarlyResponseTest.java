package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.EarlyUpstream;
import io.github.claudejakarta.upstream.EarlyUpstream.Manner;
import io.github.claudejakarta.upstream.Identity;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A response that arrives before the whole request was sent counts like any other. */
@Timeout(120)
class EarlyResponseTest {

    private static final byte[] MANY_BYTES = new byte[30 << 20];
    private static final byte[] BYTES = new byte[4 << 20];
    private static final int REPETITIONS = 10;

    private static SSLContext before;
    private static SSLContext identity;

    private final AtomicLong later = new AtomicLong();
    private final Watchdog watchdog = new Watchdog(() -> System.nanoTime() + later.get());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<AutoCloseable> opened = new ArrayList<>();

    enum Kind {
        WHOLE,
        STREAM,
        CREATION;

        ClaudeCall call(byte[] body) {
            var call = switch (this) {
                case WHOLE -> new ClaudeCall(ClaudeRequest.message(RequestBody.of(body)));
                case STREAM -> new ClaudeCall(ClaudeRequest.stream(RequestBody.of(body)));
                case CREATION -> new ClaudeCall(ClaudeRequest.createBatch(out -> out.write(body)));
            };
            call.beginAttempt(new Retries(() -> 0), Duration.ofMinutes(10));
            return call;
        }
    }

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

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        threads.shutdownNow();
    }

    private EarlyUpstream upstream(boolean isSecured, Manner manner, String response) {
        var upstream = isSecured
                ? EarlyUpstream.startSecured(identity, manner, response)
                : EarlyUpstream.start(manner, response);
        opened.add(upstream);
        return upstream;
    }

    /** Sends interim responses, then reads a body of this length, then answers. */
    private EarlyUpstream upstream(boolean isSecured, String interim, long length, String response) {
        var upstream = EarlyUpstream.start(isSecured ? identity : null, interim, length, response);
        opened.add(upstream);
        return upstream;
    }

    private Transport transport(URI url) {
        var transport = new Transport(UnguardedClient.settings(url), watchdog);
        opened.add(0, transport);
        return transport;
    }

    private static AttemptFailure failure(Transport transport, ClaudeCall call) {
        return catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call));
    }

    static Stream<Arguments> kindsAndManners() {
        return Stream.of(false, true)
                .flatMap(isSecured -> Stream.of(Manner.CLOSE, Manner.HALF_CLOSE, Manner.READ_ON)
                        .flatMap(manner -> Stream.of(Kind.values()).map(kind -> arguments(isSecured, manner, kind))));
    }

    @Slow("large bodies")
    @ParameterizedTest(name = "TLS {0}, {1}, {2}")
    @MethodSource("kindsAndManners")
    void anEarlyRefusalIsARefusal(boolean isSecured, Manner manner, Kind kind) {
        var upstream = upstream(isSecured, manner, EarlyUpstream.error(413, "request_too_large", "connection: close"));
        var transport = transport(upstream.url());

        for (int i = 1; i <= REPETITIONS; i++) {
            var call = kind.call(i == 1 ? MANY_BYTES : BYTES);

            assertThat(failure(transport, call))
                    .as("attempt " + i)
                    .isInstanceOfSatisfying(AttemptFailure.Refusal.class, refusal -> {
                        assertThat(refusal.failure().status()).isEqualTo(413);
                        assertThat(refusal.failure().errorMessage()).isEqualTo("Early");
                    });
            assertThat(call.isInDoubt()).isFalse();
            assertThat(transport.pool().leased()).isZero();
            assertThat(upstream.connections()).isEqualTo(i);
        }
    }

    static Stream<Arguments> statuses() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(
                        arguments(kind, 401, "authentication_error", AttemptFailure.Refusal.class),
                        arguments(kind, 429, "rate_limit_error", AttemptFailure.TransientRefusal.class),
                        arguments(kind, 529, "overloaded_error", AttemptFailure.TransientOutage.class)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("statuses")
    void eachStatusFollowsItsOwnRules(Kind kind, int status, String type, Class<?> expected) {
        var upstream = upstream(false, Manner.CLOSE, EarlyUpstream.error(status, type, "retry-after: 7"));
        var call = kind.call(MANY_BYTES);

        var failure = failure(transport(upstream.url()), call);

        assertThat(failure).isInstanceOf(expected);
        assertThat(failure.failure().retryAfter()).contains(Duration.ofSeconds(7));
        assertThat(call.isInDoubt()).isFalse();
    }

    /** Claude may have begun to create it, as with any other answer of this status. */
    @ParameterizedTest
    @ValueSource(ints = {500, 503})
    void anEarlyFailureOfTheServerLeavesACreationInDoubt(int status) {
        var upstream = upstream(false, Manner.CLOSE, EarlyUpstream.error(status, "api_error"));
        var call = Kind.CREATION.call(MANY_BYTES);

        assertThat(failure(transport(upstream.url()), call))
                .isInstanceOfSatisfying(
                        AttemptFailure.Outage.class,
                        outage -> assertThat(outage.failure().status()).isEqualTo(status));
        assertThat(call.isInDoubt()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theConnectionIsNotReused(boolean isSecured) {
        var upstream = upstream(isSecured, Manner.READ_ON, EarlyUpstream.error(413, "request_too_large"));
        var transport = transport(upstream.url());

        failure(transport, Kind.WHOLE.call(MANY_BYTES));
        failure(transport, Kind.CREATION.call(MANY_BYTES));

        assertThat(transport.pool().leased()).isZero();
        assertThat(transport.pool().idle()).isZero();
        assertThat(upstream.connections()).isEqualTo(2);
    }

    @Slow("time limits in real time")
    @ParameterizedTest(name = "TLS {0}, {1}")
    @CsvSource({"false,WHOLE", "false,CREATION", "true,WHOLE", "true,CREATION"})
    void readsTheResponseOfAServerThatStopsReading(boolean isSecured, Kind kind) throws Exception {
        var upstream = upstream(isSecured, Manner.STOP_READING, EarlyUpstream.error(413, "request_too_large"));
        var transport = transport(upstream.url());
        var sender = new CompletableFuture<Thread>();
        Future<AttemptFailure> attempt = threads.submit(() -> {
            sender.complete(Thread.currentThread());
            return failure(transport, kind.call(MANY_BYTES));
        });
        awaitStuck(sender.get(10, TimeUnit.SECONDS));
        // Earlier, a jump of the clock would make any write look stuck.
        upstream.answerNow();

        while (!attempt.isDone()) {
            // Long enough to detect a stuck write, and shorter than the timeout of the call.
            later.addAndGet(Duration.ofSeconds(6).toNanos());
            watchdog.tick();
            assertThat(later.get())
                    .as("the call's own timeout has not expired")
                    .isLessThan(Duration.ofMinutes(9).toNanos());
            waitUpTo500Milliseconds(attempt);
        }

        assertThat(attempt.get(10, TimeUnit.SECONDS).failure().status()).isEqualTo(413);
        assertThat(transport.pool().leased()).isZero();
    }

    private static void waitUpTo500Milliseconds(Future<?> attempt) throws Exception {
        try {
            attempt.get(500, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // The loop checks the clock and waits again.
            return;
        }
    }

    /**
     * Waits until the buffers of both sides are full. If they only seem full on a busy machine, the response is found
     * between two writes.
     */
    private static void awaitStuck(Thread sender) throws InterruptedException {
        var times = ManagementFactory.getThreadMXBean();
        long before = -1;
        for (int looks = 0; looks < 20; ) {
            Thread.sleep(50);
            long now = times.getThreadCpuTime(sender.getId());
            boolean isWriting = Arrays.stream(sender.getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("writeSlice"));
            looks = isWriting && now == before ? looks + 1 : 0;
            before = now;
        }
    }

    @Slow("large bodies")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void interimResponsesDoNotEndAnUpload(boolean isSecured) {
        String interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
        String whole = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        var upstream = upstream(isSecured, interim, MANY_BYTES.length, whole);
        var transport = transport(upstream.url());

        assertThat(transport.attempt(Kind.WHOLE.call(MANY_BYTES)).asWhole().text())
                .isEqualTo("{}");
        assertThat(upstream.bodyBytes()).isEqualTo(MANY_BYTES.length);
        assertThat(transport.pool().idle())
                .as("a connection that can be used again")
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theStatusOfATruncatedRefusalCounts(boolean isSecured) {
        var upstream = upstream(isSecured, Manner.CLOSE, "HTTP/1.1 413 Early\r\ncontent-length: 100\r\n\r\n{");

        assertThat(failure(transport(upstream.url()), Kind.WHOLE.call(MANY_BYTES)))
                .isInstanceOfSatisfying(
                        AttemptFailure.Refusal.class,
                        refusal -> assertThat(refusal.failure().status()).isEqualTo(413));
    }

    @Test
    void aServerThatClosesWithoutAnAnswerIsAnOutage() {
        for (Kind kind : Kind.values()) {
            var call = kind.call(MANY_BYTES);

            assertThat(failure(transport(upstream(false, Manner.CLOSE, "").url()), call))
                    .isInstanceOf(
                            kind == Kind.CREATION ? AttemptFailure.Outage.class : AttemptFailure.TransientOutage.class);
            assertThat(call.isInDoubt()).isTrue();
        }
    }
}
