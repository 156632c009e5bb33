package io.github.claudejakarta.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.ClientWatch;
import io.github.claudejakarta.web.LeavingClients;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PassThroughTest {

    private static final RequestBody QUESTION =
            RequestBody.of("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}".getBytes(UTF_8));

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final AtomicLong later = new AtomicLong();
    private final Watchdog watchdog = new Watchdog(() -> System.nanoTime() + later.get());
    private final LeavingClients clients = new LeavingClients();
    private final UnguardedClient client = new UnguardedClient(UnguardedClient.settings(upstream.url()), watchdog);
    private final WorkerThreads threads = threads(4);
    private final MemoryBudget budget = new MemoryBudget(100 << 20);
    private final BodyReservation reservation = new BodyReservation(budget);
    private final AtomicBoolean isBodyClosed = new AtomicBoolean();
    private final Closeable body = () -> isBodyClosed.set(true);
    private final Answered answered = new Answered();
    private PassThrough passThrough;

    /** The result with which a request is resumed. A streamed body is written then, as in JAX-RS. */
    private static final class Answered {

        private final CompletableFuture<Object> outcome = new CompletableFuture<>();
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();
        /** Whether the body is not written, as if the client had left. */
        private boolean isUnread;

        private AsyncResponse response() {
            return (AsyncResponse) Proxy.newProxyInstance(
                    PassThroughTest.class.getClassLoader(),
                    new Class<?>[] {AsyncResponse.class},
                    (proxy, method, arguments) -> {
                        resume(arguments[0]);
                        return true;
                    });
        }

        private void resume(Object result) {
            try {
                if (result instanceof Response response && !isUnread) {
                    write(response.getEntity());
                }
                outcome.complete(result);
            } catch (Exception e) {
                outcome.complete(e);
            }
        }

        private void write(Object entity) throws Exception {
            if (entity instanceof StreamingOutput streamed) {
                streamed.write(written);
            } else if (entity != null) {
                written.write((byte[]) entity);
            }
        }

        private Response success() throws Exception {
            return (Response) outcome.get(20, TimeUnit.SECONDS);
        }

        private ClaudeException failure() throws Exception {
            return (ClaudeException) outcome.get(20, TimeUnit.SECONDS);
        }

        private String text() {
            return written.toString(UTF_8);
        }
    }

    private static WorkerThreads threads(int limit) {
        return new WorkerThreads(
                Thread::new,
                limit,
                task -> task,
                cause -> ClaudeException.of(ErrorType.OVERLOADED, "All threads are busy")
                        .withCause(cause));
    }

    @BeforeEach
    void inject() throws Exception {
        passThrough = passThrough(threads);
    }

    /** Injects as the container does. */
    private PassThrough passThrough(WorkerThreads itsThreads) throws Exception {
        var made = new PassThrough();
        set(made, "client", ClaudeClient.class.cast(client));
        set(made, "threads", itsThreads);
        set(made, "clients", clientWatch());
        return made;
    }

    private ClientWatch clientWatch() {
        return clients.watch(watchdog);
    }

    private static void set(PassThrough passThrough, String field, Object value) throws ReflectiveOperationException {
        var injected = PassThrough.class.getDeclaredField(field);
        injected.setAccessible(true);
        injected.set(passThrough, value);
    }

    @AfterEach
    void close() {
        client.close();
        upstream.close();
        threads.close();
        watchdog.close();
    }

    private void pass(ClaudeRequest request) {
        passThrough.forward(request, reservation, answered.response(), ClientConnection.UNKNOWN);
    }

    private void passEdited(ClaudeRequest request) {
        passThrough.forward(
                request,
                body,
                text -> text.replace("theirs", "ours"),
                reservation,
                answered.response(),
                ClientConnection.UNKNOWN);
    }

    private void leave() {
        clients.leave();
        // A client has left if two checks find it absent.
        for (int i = 0; i < 2; i++) {
            later.addAndGet(1_000);
            watchdog.tick();
        }
    }

    @Test
    void answersAsClaudeDid() throws Exception {
        upstream.answer(Script.json(201, "{ \"a\": \"ä\" }", "anthropic-ratelimit-requests-limit: 50"));

        pass(ClaudeRequest.message(QUESTION));

        assertThat(answered.success().getStatus()).isEqualTo(201);
        assertThat(answered.text()).isEqualTo("{ \"a\": \"ä\" }");
        assertThat(answered.success().getHeaderString("anthropic-ratelimit-requests-limit"))
                .isEqualTo("50");
        assertThat(answered.success().getHeaderString("content-type")).isEqualTo("application/json");
        assertThat(answered.success().getHeaderString("request-id")).isEqualTo("req_scripted");
    }

    @Test
    void anErrorIsHandledByTheMapper() throws Exception {
        upstream.answer(Script.error(400, "invalid_request_error", "No"));

        pass(ClaudeRequest.models());

        assertThat(answered.failure().status()).isEqualTo(400);
        assertThat(answered.failure().errorMessage()).isEqualTo("No");
    }

    @Test
    void theAnswerReservesMemoryOfTheRequest() throws Exception {
        upstream.answer(Script.json(200, "x".repeat(1 << 20)));

        pass(ClaudeRequest.models());

        answered.success();
        assertThat(budget.reserved()).isEqualTo(1 << 20);
    }

    @Test
    void aCallIsCanceledWhenItsClientLeaves() throws Exception {
        upstream.answer(Script.nothing().stall());
        pass(ClaudeRequest.message(QUESTION));
        upstream.takeRequest();

        leave();

        assertThat(answered.failure().status()).isEqualTo(499);
        upstream.awaitOpenConnections(0);
    }

    @Test
    void anAnswerIsEdited() throws Exception {
        upstream.answer(Script.json(200, "{\"url\":\"theirs\"}"));

        passEdited(ClaudeRequest.batch("b"));

        assertThat(answered.success().getStatus()).isEqualTo(200);
        assertThat(answered.text()).isEqualTo("{\"url\":\"ours\"}");
        assertThat(isBodyClosed).isTrue();
    }

    /** The text before and after the edit, each as bytes and as text. */
    @Test
    void anEditedAnswerReservesFourTimesItsSize() throws Exception {
        upstream.answer(Script.json(200, "x".repeat(1 << 20)));

        passEdited(ClaudeRequest.batch("b"));

        answered.success();
        assertThat(budget.reserved()).isEqualTo(4 << 20);
    }

    @Test
    void anErrorClosesTheBodyToo() throws Exception {
        upstream.answer(Script.error(404, "not_found_error", "No batch"));

        passEdited(ClaudeRequest.cancelBatch("b"));

        assertThat(answered.failure().status()).isEqualTo(404);
        assertThat(isBodyClosed).isTrue();
    }

    @Test
    void anEditThatFailsIsAFailure() throws Exception {
        upstream.answer(Script.json(200, "{}"));

        passThrough.forward(
                ClaudeRequest.batch("b"),
                body,
                text -> {
                    throw new IllegalStateException("of the test");
                },
                reservation,
                answered.response(),
                ClientConnection.UNKNOWN);

        assertThat(answered.outcome.get(20, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        IllegalStateException.class, e -> assertThat(e).hasMessage("of the test"));
        assertThat(isBodyClosed).isTrue();
    }

    @Test
    void withoutAThreadNothingIsSentAndTheBodyIsClosed() throws Exception {
        try (var noThreads = threads(0)) {
            passThrough = passThrough(noThreads);

            assertThatThrownBy(() -> passEdited(ClaudeRequest.cancelBatch("b"))).hasMessageContaining("busy");
        }

        assertThat(isBodyClosed).isTrue();
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void aReadIsCanceledWhenItsClientLeaves() throws Exception {
        upstream.answer(Script.nothing().stall());
        passEdited(ClaudeRequest.batch("b"));
        upstream.takeRequest();

        leave();

        assertThat(answered.failure().status()).isEqualTo(499);
        upstream.awaitOpenConnections(0);
        assertThat(isBodyClosed).isTrue();
    }

    /** Otherwise it would be unknown whether the batch is canceled. */
    @Test
    void aChangeThatWasSentIsCompletedWhenItsClientLeaves() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.nothing().pause(barrier).raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
        passEdited(ClaudeRequest.cancelBatch("b"));
        barrier.awaitReached();

        leave();

        assertThat(upstream.openConnections()).isEqualTo(1);
        assertThat(answered.outcome).isNotDone();
        barrier.release();
        assertThat(answered.failure().status()).isEqualTo(499);
        assertThat(isBodyClosed).isTrue();
    }

    @Test
    void aDownloadIsForwardedUnchanged() throws Exception {
        String lines = "{\"custom_id\":\"a\"}\n".repeat(20_000);
        upstream.answer(Script.sized(lines.length(), 200, "content-type: application/x-jsonl")
                .write(lines));

        passThrough.forwardDownload(ClaudeRequest.batchResults("b"), answered.response(), ClientConnection.UNKNOWN);

        assertThat(answered.success().getStatus()).isEqualTo(200);
        assertThat(answered.text()).isEqualTo(lines);
        assertThat(answered.success().getHeaderString("content-type")).isEqualTo("application/x-jsonl");
    }

    /** A clean end would claim that the download is complete. */
    @Test
    void aDownloadThatBreaksOffHasNoCleanEnd() throws Exception {
        upstream.answer(Script.sized(100, 200, "content-type: application/x-jsonl")
                .write("{}\n")
                .cut());

        passThrough.forwardDownload(ClaudeRequest.batchResults("b"), answered.response(), ClientConnection.UNKNOWN);

        assertThat(answered.failure().type()).isEqualTo(ErrorType.API);
        assertThat(answered.text()).isEqualTo("{}\n");
    }

    @Test
    void aDownloadThatIsNotReadIsCut() throws Exception {
        answered.isUnread = true;
        upstream.answer(Script.sized(100, 200, "content-type: application/x-jsonl")
                .write("{}\n")
                .stall());

        passThrough.forwardDownload(ClaudeRequest.batchResults("b"), answered.response(), ClientConnection.UNKNOWN);

        answered.success();
        upstream.awaitOpenConnections(0);
    }

    @Test
    void aDownloadIsCanceledWhenItsClientLeavesBeforeTheFirstByte() throws Exception {
        upstream.answer(Script.nothing().stall());
        passThrough.forwardDownload(ClaudeRequest.batchResults("b"), answered.response(), ClientConnection.UNKNOWN);
        upstream.takeRequest();

        leave();

        assertThat(answered.failure().status()).isEqualTo(499);
        upstream.awaitOpenConnections(0);
    }

    /** After the first byte, a write shows that the client has left. */
    @Test
    void aDownloadThatHasBegunIsNotWatched() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sized(6, 200, "content-type: application/x-jsonl")
                .write("{}\n")
                .pause(barrier)
                .write("{}\n"));
        var hasBegun = new CompletableFuture<Void>();
        passThrough.forwardDownload(
                ClaudeRequest.batchResults("b"), notingTheFirstByte(hasBegun), ClientConnection.UNKNOWN);
        hasBegun.get(20, TimeUnit.SECONDS);
        barrier.awaitReached();

        leave();
        barrier.release();

        assertThat(answered.success().getStatus()).isEqualTo(200);
        assertThat(answered.text()).isEqualTo("{}\n{}\n");
    }

    private AsyncResponse notingTheFirstByte(CompletableFuture<Void> hasBegun) {
        return (AsyncResponse) Proxy.newProxyInstance(
                PassThroughTest.class.getClassLoader(),
                new Class<?>[] {AsyncResponse.class},
                (proxy, method, arguments) -> {
                    var response = (Response) arguments[0];
                    var streamed = (StreamingOutput) response.getEntity();
                    answered.resume(Response.fromResponse(response)
                            .entity((StreamingOutput) out -> streamed.write(new OutputStream() {
                                @Override
                                public void write(int one) {
                                    throw new UnsupportedOperationException();
                                }

                                @Override
                                public void write(byte[] bytes, int offset, int length) {
                                    answered.written.write(bytes, offset, length);
                                    hasBegun.complete(null);
                                }
                            }))
                            .build());
                    return true;
                });
    }

    @Test
    void theHeadOfADownloadHasNoBody() throws Exception {
        upstream.answer(Script.sized(100, 200, "content-type: application/x-jsonl")
                .write("{}\n")
                .stall());

        passThrough.forwardHead(ClaudeRequest.batchResults("b"), answered.response(), ClientConnection.UNKNOWN);

        assertThat(answered.success().getStatus()).isEqualTo(200);
        assertThat(answered.success().getHeaderString("content-type")).isEqualTo("application/x-jsonl");
        assertThat(answered.success().getEntity()).isNull();
        upstream.awaitOpenConnections(0);
    }
}
