package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.RefusingPort;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A request that creates an object is repeated only if Claude cannot have created it. The call reports whether this is
 * known.
 */
@Timeout(30)
class CreationTest {

    private static final String PATH = "/v1/messages/batches";
    private static final byte[] BODY = Sse.bytes("{\"requests\":[ {\"custom_id\":\"ä\"} ]}");

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong later = new AtomicLong();
    private final Watchdog watchdog = new Watchdog(() -> System.nanoTime() + later.get());
    private final Transport transport = transport(upstream.url());
    private final List<Transport> opened = new ArrayList<>(List.of(transport));
    private final AtomicInteger written = new AtomicInteger();

    @AfterEach
    void close() {
        upstream.close();
        opened.forEach(Transport::close);
        threads.shutdownNow();
    }

    // The request.

    @Test
    void sendsTheBodyUnchangedInChunks() throws Exception {
        upstream.answer(Script.json(200, "{}"));

        transport.attempt(creation());

        var request = upstream.takeRequest();
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.target()).isEqualTo(PATH);
        assertThat(request.body()).isEqualTo(BODY);
        assertThat(request.headerValues("transfer-encoding")).containsExactly("chunked");
        assertThat(request.header("content-length")).isEmpty();
        assertThat(request.headerValues("content-type")).containsExactly("application/json");
        assertThat(request.headerValues("x-api-key")).containsExactly("sk-server");
    }

    @Test
    void aMessageMayHaveABodyThatIsNotInMemory() throws Exception {
        upstream.answer(Script.json(200, "{}"));

        transport.attempt(UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.message(out -> out.write(BODY)))));

        assertThat(upstream.takeRequest().body()).isEqualTo(BODY);
    }

    @Test
    void aLongBodyArrivesWhole() throws Exception {
        upstream.answer(Script.json(200, "{}"));
        var block = new byte[100_003];
        for (int i = 0; i < block.length; i++) {
            block[i] = (byte) i;
        }

        transport.attempt(UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.createBatch(out -> {
            for (int i = 0; i < 50; i++) {
                out.write(block);
            }
        }))));

        byte[] body = upstream.takeRequest().body();
        assertThat(body).hasSize(50 * block.length);
        for (int i = 0; i < 50; i++) {
            assertThat(Arrays.equals(body, i * block.length, (i + 1) * block.length, block, 0, block.length))
                    .isTrue();
        }
    }

    @Test
    void writesTheBodyForEachAttempt() {
        upstream.answer(
                Script.error(529, "overloaded_error", "x"),
                Script.error(429, "rate_limit_error", "x"),
                Script.json(200, "{}"));
        var call = creation();
        assertThat(written).hasValue(0);

        failure(call);
        failure(UnguardedClient.beginAttempt(call));
        transport.attempt(UnguardedClient.beginAttempt(call));

        assertThat(written).hasValue(3);
        assertThat(upstream.requests())
                .hasSize(3)
                .allSatisfy(request -> assertThat(request.body()).isEqualTo(BODY));
    }

    // The effect of the request.

    @Test
    void anAnswerLeavesNoDoubt() {
        upstream.answer(Script.json(200, "{\"id\":\"msgbatch_1\"}"));
        var call = creation();

        assertThat(transport.attempt(call).asWhole().text()).isEqualTo("{\"id\":\"msgbatch_1\"}");
        assertThat(call.isInDoubt()).isFalse();
    }

    @Test
    void nothingIsInDoubtBeforeItIsSent() {
        assertThat(creation().isInDoubt()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"409,TransientRefusal", "429,TransientRefusal", "529,TransientOutage"})
    void aTemporaryRejectionIsRetried(int status, String kind) {
        upstream.answer(Script.error(status, ErrorType.ofStatus(status).value(), "Later"));
        var call = creation();

        assertThat(failure(call).getClass().getSimpleName()).isEqualTo(kind);
        assertThat(call.isInDoubt()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 413})
    void aRefusalLeavesNoDoubtAndIsFinal(int status) {
        upstream.answer(Script.error(status, ErrorType.ofStatus(status).value(), "No"));
        var call = creation();

        assertThat(failure(call)).isInstanceOf(AttemptFailure.Refusal.class);
        assertThat(call.isInDoubt()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 503, 504})
    void aFailureOfClaudeIsInDoubtAndNotRepeated(int status) {
        upstream.answer(Script.error(status, "api_error", "Oops"));
        var call = creation();

        var failure = failure(call);

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().status()).isEqualTo(status);
        assertThat(call.isInDoubt()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 503, 504})
    void adviceToRetryDoesNotOverrideDoubt(int status) {
        upstream.answer(Script.error(status, "api_error", "Oops", "x-should-retry: true", "retry-after: 1"));
        var call = creation();

        assertThat(failure(call)).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(call.isInDoubt()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"529,Outage", "429,Refusal"})
    void adviceNotToRetryWins(int status, String kind) {
        upstream.answer(Script.error(status, "x", "y", "x-should-retry: false"));
        var call = creation();

        assertThat(failure(call).getClass().getSimpleName()).isEqualTo(kind);
        assertThat(call.isInDoubt()).isFalse();
    }

    @Test
    void aRefusedConnectionIsRetried() throws Exception {
        var call = creation();

        try (var port = new RefusingPort()) {
            assertThat(failure(opened(URI.create("http://127.0.0.1:" + port.number())), call))
                    .isInstanceOf(AttemptFailure.TransientOutage.class);
        }
        assertThat(call.isInDoubt()).isFalse();
        assertThat(written).hasValue(0);
    }

    @Test
    void aResetBeforeTheAnswerIsInDoubtAndNotRepeated() {
        for (var script : List.of(
                Script.nothing().reset(),
                Script.nothing().cut(),
                Script.nothing().raw("HTTP/1.1 20").cut(),
                Script.nothing().raw("garbage\r\n\r\n").cut())) {
            upstream.answer(script);
            assertInDoubt(creation());
        }
    }

    @Test
    void aResetInTheAnswerIsInDoubtAndNotRepeated() {
        for (var head : List.of(
                Script.sized(100, 200, "content-type: application/json"),
                Script.chunked(200, "content-type: application/json"))) {
            for (var script : List.of(
                    head.cut(),
                    head.reset(),
                    head.write("{\"id\":").cut(),
                    head.write("{\"id\":").reset())) {
                upstream.answer(script);
                assertInDoubt(creation());
            }
        }
    }

    @Test
    void aTruncatedErrorIsNotRepeated() {
        upstream.answer(Script.sized(100, 503, "content-type: application/json")
                .write("{")
                .cut());

        assertInDoubt(creation());
    }

    @Test
    void aServerThatDoesNotReadTheBodyLeavesDoubt() throws Exception {
        try (var server = new ServerSocket(0)) {
            threads.submit(() -> {
                try (var socket = server.accept()) {
                    socket.getInputStream().read();
                    socket.setSoLinger(true, 0);
                }
                return null;
            });
            var call = UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.createBatch(out -> {
                for (int i = 0; i < 1_000; i++) {
                    out.write(new byte[100_000]);
                }
            })));

            assertThat(failure(opened(URI.create("http://127.0.0.1:" + server.getLocalPort())), call))
                    .isInstanceOf(AttemptFailure.Outage.class);
            assertThat(call.isInDoubt()).isTrue();
        }
    }

    /** For example because the database with the body is not available. */
    @Test
    void anUnreadableBodyIsNotAnOutageOfClaude() {
        var why = ClaudeException.of(503, ErrorType.API, "The database is away");
        var call = UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.createBatch(out -> {
            throw why;
        })));

        assertThatThrownBy(() -> transport.attempt(call))
                .isInstanceOfSatisfying(
                        AttemptFailure.Refusal.class,
                        refusal -> assertThat(refusal.failure()).isSameAs(why));
    }

    @Test
    void aTimeoutIsInDoubtAndNotRepeated() throws Exception {
        for (var script : List.of(
                Script.nothing().stall(),
                Script.sized(100, 200, "content-type: application/json")
                        .write("{")
                        .stall())) {
            upstream.answer(script);
            var call = creation();
            Future<ClaudeAnswer> answer = threads.submit(() -> transport.attempt(call));
            upstream.takeRequest();

            while (!answer.isDone()) {
                later.addAndGet(Duration.ofMinutes(11).toNanos());
                watchdog.tick();
                Thread.onSpinWait();
            }

            var failure = catchThrowableOfType(ExecutionException.class, () -> answer.get(10, TimeUnit.SECONDS))
                    .getCause();
            assertThat(failure)
                    .isInstanceOfSatisfying(
                            AttemptFailure.Outage.class,
                            outage -> assertThat(outage.failure().type()).isEqualTo(ErrorType.TIMEOUT));
            assertThat(call.isInDoubt()).isTrue();
        }
    }

    @Test
    void aFullPoolLeavesNoDoubt() {
        upstream.otherwise(request -> Script.chunked(200, "content-type: application/x-jsonl")
                .write("{}\n")
                .stall());
        for (int i = 0; i < 10; i++) {
            transport.attempt(UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.batchResults("" + i))));
        }
        var call = creation();

        assertThat(failure(call).failure().status()).isEqualTo(529);
        assertThat(call.isInDoubt()).isFalse();
    }

    /** Each attempt begins without doubt: the doubt is about the last attempt only. */
    @Test
    void doubtIsAboutTheLastAttempt() {
        upstream.answer(Script.nothing().reset(), Script.error(400, "invalid_request_error", "No"));
        var call = creation();
        assertInDoubt(call);

        failure(UnguardedClient.beginAttempt(call));

        assertThat(call.isInDoubt()).isFalse();
    }

    @Test
    void noFailureKeepsAConnection() {
        upstream.answer(
                Script.error(500, "api_error", "x"),
                Script.nothing().reset(),
                Script.error(529, "overloaded_error", "x"),
                Script.sized(10, 200).write("{").cut());

        for (int i = 0; i < 4; i++) {
            failure(creation());
        }

        assertThat(transport.pool().leased()).isZero();
    }

    // Cancellation of a call for which no thread waits any more.

    private static final ClaudeException LEFT = ClaudeException.of(499, new ErrorType("canceled"), "for the test");

    @Test
    void doesNotCutASentAttempt() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.nothing().pause(barrier).write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
        var call = creation();
        Future<ClaudeAnswer> answer = threads.submit(() -> transport.attempt(call));
        barrier.awaitReached();

        call.cancelUnlessSent(LEFT);
        barrier.release();

        assertThat(answer.get(10, TimeUnit.SECONDS).asWhole().text()).isEqualTo("{}");
        assertThat(call.isCanceled()).isFalse();
        assertThat(call.isInDoubt()).isFalse();
    }

    @Test
    void makesNoFurtherAttempt() {
        upstream.answer(Script.error(529, "overloaded_error", "x", "retry-after: 50"));
        var call = creation();
        call.endAttempt(failure(call).failure());

        call.cancelUnlessSent(LEFT);

        assertThatThrownBy(() -> UnguardedClient.beginAttempt(call)).isSameAs(LEFT);
        assertThat(written).hasValue(1);
    }

    @Test
    void neverSendsAnUnsentRequest() {
        var call = creation();

        call.cancelUnlessSent(LEFT);

        assertThat(failure(call).failure()).isSameAs(LEFT);
        assertThat(written).hasValue(0);
        assertThat(upstream.requests()).isEmpty();
        assertThat(transport.pool().leased()).isZero();
    }

    private void assertInDoubt(ClaudeCall call) {
        assertThat(failure(call)).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(call.isInDoubt()).isTrue();
    }

    private ClaudeCall creation() {
        return UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.createBatch(out -> {
            written.incrementAndGet();
            out.write(BODY);
        })));
    }

    private AttemptFailure failure(ClaudeCall call) {
        return failure(transport, call);
    }

    private static AttemptFailure failure(Transport transport, ClaudeCall call) {
        return catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call));
    }

    private Transport opened(URI server) {
        var other = transport(server);
        opened.add(other);
        return other;
    }

    private Transport transport(URI server) {
        return new Transport(UnguardedClient.settings(server), watchdog);
    }
}
