package io.github.claudejakarta.claude.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Answers of any length, which are read as they arrive and never seem complete when they are not; and other calls
 * without a body.
 */
@Timeout(30)
class DownloadTest {

    private static final String PATH = "/v1/messages/batches/msgbatch_1/results";
    private static final String TYPE = "content-type: application/x-jsonl";

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong later = new AtomicLong();
    private final Watchdog watchdog = new Watchdog(() -> System.nanoTime() + later.get());
    private final Transport transport = new Transport(UnguardedClient.settings(upstream.url()), watchdog);

    @AfterEach
    void close() {
        upstream.close();
        transport.close();
        threads.shutdownNow();
    }

    @Test
    void requestsLines() throws Exception {
        upstream.answer(
                Script.chunked(200, TYPE, "request-id: req_1", "server: x").write("{}\n"));

        var answer = transport.attempt(download());

        var request = upstream.takeRequest();
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.target()).isEqualTo(PATH);
        assertThat(request.headerValues("accept")).containsExactly("application/x-jsonl");
        assertThat(request.headerValues("accept-encoding")).containsExactly("gzip, deflate");
        assertThat(answer.headers())
                .containsOnly(Map.entry("content-type", "application/x-jsonl"), Map.entry("request-id", "req_1"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer).isInstanceOf(ClaudeAnswer.Download.class);
        assertThat(answer.isOpen()).isTrue();
    }

    @Test
    void isReadBeforeItsEnd() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.chunked(200, TYPE).write("one\n").pause(barrier).write("two\n"));

        try (InputStream content = transport.attempt(download()).asDownload().content()) {
            assertThat(new String(content.readNBytes(4), UTF_8)).isEqualTo("one\n");
            barrier.release();
            assertThat(new String(content.readAllBytes(), UTF_8)).isEqualTo("two\n");
        }
    }

    @Test
    void isReadByteForByte() throws Exception {
        var bytes = new byte[3_000_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 >> 3);
        }
        upstream.answer(
                Script.chunked(200, TYPE).write(bytes),
                Script.sized(bytes.length, 200, TYPE).write(bytes),
                Script.untilClose(200, TYPE).write(bytes),
                Script.sized(2, 200, TYPE).write(new byte[] {(byte) 0xff, 0}));

        for (int i = 0; i < 3; i++) {
            try (InputStream content =
                    transport.attempt(download()).asDownload().content()) {
                assertThat(content.readAllBytes()).isEqualTo(bytes);
            }
        }
        try (InputStream content = transport.attempt(download()).asDownload().content()) {
            assertThat(content.read()).isEqualTo(0xff);
            assertThat(content.read()).isZero();
            assertThat(content.read()).isEqualTo(-1);
        }
    }

    @Test
    void aCompleteDownloadReturnsItsConnection() throws Exception {
        upstream.otherwise(request -> Script.chunked(200, TYPE).write("{}\n"));

        for (int i = 0; i < 3; i++) {
            try (InputStream content =
                    transport.attempt(download()).asDownload().content()) {
                assertThat(transport.pool().leased()).isEqualTo(1);
                content.readAllBytes();
            }
            assertThat(transport.pool().leased()).isZero();
            assertThat(transport.pool().idle()).isEqualTo(1);
        }

        assertThat(upstream.acceptedConnections()).isEqualTo(1);
    }

    @Test
    void closingCutsTheRest() throws Exception {
        upstream.answer(Script.chunked(200, TYPE).drip("{}\n", Duration.ofMillis(5)));
        InputStream content = transport.attempt(download()).asDownload().content();
        content.readNBytes(6);

        content.close();

        assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                .isNotNull();
        upstream.awaitOpenConnections(0);
        assertThat(transport.pool().leased()).isZero();
        assertThat(transport.pool().idle()).isZero();
    }

    @Test
    void closingCutsAnUnreadDownload() throws Exception {
        upstream.answer(Script.sized(100, 200, TYPE).stall(), Script.json(200, "{}"));
        transport.attempt(download()).asDownload().content().close();

        upstream.awaitOpenConnections(0);
        assertThat(transport
                        .attempt(beginAttempt(new ClaudeCall(ClaudeRequest.models())))
                        .asWhole()
                        .text())
                .isEqualTo("{}");
        assertThat(upstream.acceptedConnections()).isEqualTo(2);
    }

    @Test
    void closingTwiceHasNoEffect() throws Exception {
        upstream.otherwise(request -> Script.chunked(200, TYPE).write("{}\n"));
        InputStream first = transport.attempt(download()).asDownload().content();
        first.readAllBytes();
        first.close();
        InputStream second = transport.attempt(download()).asDownload().content();

        first.close();

        assertThat(new String(second.readAllBytes(), UTF_8)).isEqualTo("{}\n");
        second.close();
        assertThat(transport.pool().leased()).isZero();
    }

    @Test
    void aBrokenConnectionIsAnException() {
        for (var head : List.of(Script.chunked(200, TYPE), Script.sized(1_000, 200, TYPE))) {
            for (var script :
                    List.of(head.write("{}\n").cut(), head.write("{}\n").reset(), head.cut())) {
                upstream.answer(script);

                var failure = catchThrowable(() -> {
                    try (InputStream content =
                            transport.attempt(download()).asDownload().content()) {
                        content.readAllBytes();
                    }
                });

                assertThat(failure).isInstanceOf(IOException.class).isNotInstanceOf(SocketTimeoutException.class);
                assertThat(transport.pool().leased()).isZero();
            }
        }
    }

    @Test
    void bytesBeforeTheBreakCanBeRead() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.chunked(200, TYPE).write("{}\n").pause(barrier).cut());
        try (InputStream content = transport.attempt(download()).asDownload().content()) {
            assertThat(new String(content.readNBytes(3), UTF_8)).isEqualTo("{}\n");
            barrier.release();

            assertThat(catchThrowable(content::read)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void readsTimeOut() throws Exception {
        upstream.answer(Script.chunked(200, TYPE).write("{}\n").stall());
        InputStream content = transport.attempt(download()).asDownload().content();
        content.readNBytes(3);
        Future<Integer> reading = threads.submit(() -> content.read());

        while (!reading.isDone()) {
            advance(Duration.ofSeconds(121));
            Thread.onSpinWait();
        }

        assertThat(catchThrowableOfType(ExecutionException.class, () -> reading.get(10, TimeUnit.SECONDS))
                        .getCause())
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("120 s");
        content.close();
        upstream.awaitOpenConnections(0);
        assertThat(transport.pool().leased()).isZero();
    }

    @Test
    void aSlowReaderDoesNotTimeOut() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.chunked(200, TYPE).write("{}\n").pause(barrier).write("{}\n"));
        try (InputStream content = transport.attempt(download()).asDownload().content()) {
            content.readNBytes(3);

            advance(Duration.ofHours(1));
            barrier.release();

            assertThat(content.readAllBytes()).hasSize(3);
        }
    }

    @Test
    void mayTakeLongerThanAWholeAnswer() throws Exception {
        var barriers = List.of(new Barrier(), new Barrier(), new Barrier());
        var script = Script.chunked(200, TYPE);
        for (var barrier : barriers) {
            script = script.write("{}\n").pause(barrier);
        }
        upstream.answer(script);
        try (InputStream content = transport.attempt(download()).asDownload().content()) {
            for (var barrier : barriers) {
                content.readNBytes(3);
                advance(Duration.ofMinutes(10));
                barrier.release();
            }
            assertThat(content.read()).isEqualTo(-1);
        }
    }

    @Test
    void canBeCanceledWhileItIsRead() throws Exception {
        upstream.answer(Script.chunked(200, TYPE).write("{}\n").stall());
        var call = download();
        InputStream content = transport.attempt(call).asDownload().content();
        content.readNBytes(3);
        Future<Integer> reading = threads.submit(() -> content.read());

        call.cancel();

        assertThat(catchThrowableOfType(ExecutionException.class, () -> reading.get(10, TimeUnit.SECONDS))
                        .getCause())
                .isInstanceOf(IOException.class);
        upstream.awaitOpenConnections(0);
    }

    @ParameterizedTest
    @CsvSource({"404,Refusal", "429,TransientRefusal", "500,TransientOutage", "529,TransientOutage"})
    void aRefusalIsClassifiedByItsStatus(int status, String kind) {
        upstream.answer(Script.error(status, "x", "No"));

        var failure = failure(download());

        assertThat(failure.getClass().getSimpleName()).isEqualTo(kind);
        assertThat(failure.failure().status()).isEqualTo(status);
        assertThat(failure.failure().errorMessage()).isEqualTo("No");
        assertThat(transport.pool().leased()).isZero();
    }

    @Test
    void timesOutBeforeTheHead() throws Exception {
        upstream.answer(Script.nothing().stall());
        Future<ClaudeAnswer> answer = threads.submit(() -> transport.attempt(download()));
        upstream.takeRequest();

        while (!answer.isDone()) {
            advance(Duration.ofSeconds(121));
            Thread.onSpinWait();
        }

        assertThat(catchThrowableOfType(ExecutionException.class, () -> answer.get(10, TimeUnit.SECONDS))
                        .getCause())
                .isInstanceOf(AttemptFailure.Outage.class);
    }

    @Test
    void canBeRetried() throws Exception {
        upstream.answer(
                Script.nothing().reset(),
                Script.error(529, "overloaded_error", "x"),
                Script.chunked(200, TYPE).write("{}\n"));
        var call = download();

        assertThat(failure(call)).isInstanceOf(AttemptFailure.TransientOutage.class);
        assertThat(failure(beginAttempt(call))).isInstanceOf(AttemptFailure.TransientOutage.class);
        try (InputStream content =
                transport.attempt(beginAttempt(call)).asDownload().content()) {
            assertThat(content.readAllBytes()).hasSize(3);
        }
    }

    // Other requests without a body.

    @Test
    void sendsDeleteForADeletion() throws Exception {
        upstream.answer(Script.json(200, "{\"type\":\"message_batch_deleted\"}"));

        var answer = transport.attempt(beginAttempt(
                new ClaudeCall(ClaudeRequest.deleteBatch("msgbatch_1").withHeaders(Map.of("anthropic-beta", "a")))));

        var request = upstream.takeRequest();
        assertThat(request.method()).isEqualTo("DELETE");
        assertThat(request.target()).isEqualTo("/v1/messages/batches/msgbatch_1");
        assertThat(request.body()).isEmpty();
        assertThat(request.headerValues("anthropic-beta")).containsExactly("a");
        assertThat(answer.asWhole().text()).isEqualTo("{\"type\":\"message_batch_deleted\"}");
    }

    @Test
    void requestsThatCreateNothingCanBeRetriedAfterAnyFailure() {
        for (var call : List.of(
                new ClaudeCall(ClaudeRequest.batches()),
                new ClaudeCall(ClaudeRequest.deleteBatch("x")),
                new ClaudeCall(ClaudeRequest.cancelBatch("x")))) {
            for (var script : List.of(
                    Script.nothing().reset(),
                    Script.error(500, "api_error", "x"),
                    Script.error(504, "timeout_error", "x"))) {
                upstream.answer(script);
                assertThat(failure(beginAttempt(call))).isInstanceOf(AttemptFailure.TransientOutage.class);
            }
        }
    }

    private AttemptFailure failure(ClaudeCall call) {
        return catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call));
    }

    private static ClaudeCall download() {
        return beginAttempt(new ClaudeCall(ClaudeRequest.batchResults("msgbatch_1")));
    }

    /** Returns a call whose attempt has begun, as in {@link ClaudeClient}. */
    private static ClaudeCall beginAttempt(ClaudeCall call) {
        call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(120));
        return call;
    }

    private void advance(Duration time) {
        later.addAndGet(time.toNanos());
        watchdog.tick();
    }
}
