package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Calls that are canceled. */
class TransportCancelTest extends ScriptedTransport {

    @Test
    void aCallMayBeCanceledBeforeItsHead() throws Exception {
        upstream.answer(Script.nothing().stall());
        assertCanBeCanceled(stream(), upstream::takeRequest);
    }

    @Test
    void aCallMayBeCanceledBeforeItsFirstEvent() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().event("ping", "{}").pause(barrier).stall());
        assertCanBeCanceled(stream(), () -> {
            barrier.awaitReached();
            barrier.release();
            return null;
        });
    }

    @Test
    void aCallMayBeCanceledWithinItsBody() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sized(100, 200, "content-type: application/json")
                .write("{")
                .pause(barrier)
                .stall());
        assertCanBeCanceled(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))), () -> {
            barrier.awaitReached();
            barrier.release();
            return null;
        });
    }

    @Test
    void aCallMayBeCanceledWhileItWaitsForAConnection() throws Exception {
        upstream.answer(Script.sseHead().write(STOP).stall());
        var settings = new ClientSettings(
                upstream.url(),
                Optional.empty(),
                "v",
                Duration.ofSeconds(5),
                Duration.ofSeconds(120),
                Duration.ofMinutes(5),
                Duration.ofMinutes(10),
                1,
                1,
                Duration.ofSeconds(30));
        Transport transport = transport(settings);
        transport.attempt(stream());
        var call = stream();
        var thread = new Thread[1];
        Future<ClaudeAnswer> answer = threads.submit(() -> {
            thread[0] = Thread.currentThread();
            return transport.attempt(call);
        });
        while (thread[0] == null || thread[0].getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }

        call.cancel();

        assertCanceled(answer);
    }

    @Test
    void aStreamMayBeCanceledWhileItIsRead() throws Exception {
        var barrier = new Barrier();
        upstream.answer(
                Script.sseHead().event("message_start", "{}").pause(barrier).stall());
        var call = stream();
        var events = transport().attempt(call).asEvents().events();
        events.read();
        Future<List<ServerSentEvent>> reading = threads.submit(events::read);
        barrier.awaitReached();
        barrier.release();

        call.cancel();

        assertThat(failureOf(reading)).isInstanceOf(ClaudeException.class);
        upstream.awaitOpenConnections(0);
    }

    @Test
    void aCancelJustBeforeSendingCutsTheRequest() {
        upstream.answer(Script.nothing().stall());
        var call = stream();
        call.cancel();

        assertThat(failure(call)).isInstanceOf(AttemptFailure.Refusal.class).hasMessageContaining("canceled");
    }

    @Test
    void theCallerGetsTheReasonOfTheFirstCancellation() {
        upstream.answer(Script.nothing().stall());
        var call = stream();
        call.cancel(ClaudeException.of(503, ErrorType.API, "The server is shutting down"));
        call.cancel();

        assertThat(failure(call)).isInstanceOf(AttemptFailure.Refusal.class).hasMessageContaining("shutting down");
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(1)))
                        .status())
                .isEqualTo(503);
    }

    @Test
    void aCanceledCallIsNotStarted() {
        var call = stream();
        call.cancel();

        assertThat(catchThrowableOfType(
                        ClaudeException.class, () -> call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(1))))
                .hasMessageContaining("canceled");
    }

    @Test
    void aWaitForTheNextAttemptEndsWhenTheCallIsCanceled() throws Exception {
        var call = stream();
        call.endAttempt(ClaudeException.of(ErrorType.OVERLOADED, "x").withRetryAfter(Duration.ofSeconds(60)));
        Future<?> waiting = threads.submit(() -> call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(1)));

        call.cancel();

        assertThat(failureOf(waiting)).isInstanceOf(ClaudeException.class).hasMessageContaining("canceled");
    }

    @Test
    void theWatchdogForgetsEndedCalls() throws Exception {
        upstream.answer(Script.json(200, "{}"), Script.sse(Sse.bytes(STOP)), Script.error(400, "x", "y"));
        Transport transport = transport();
        var first = new ClaudeCall(ClaudeRequest.models());
        var second = stream();
        var third = stream();
        transport.attempt(first);
        var events = transport.attempt(second).asEvents().events();
        events.drain();
        events.close();
        failure(transport, third);

        for (var call : List.of(first, second, third)) {
            call.responseTimeout().startWait();
        }
        advance(Duration.ofHours(1));

        assertThat(List.of(first, second, third))
                .noneMatch(call -> call.responseTimeout().isTimedOut());
    }

    private void assertCanBeCanceled(ClaudeCall call, Callable<?> phase) throws Exception {
        Transport transport = transport();
        Future<ClaudeAnswer> answer = threads.submit(() -> transport.attempt(call));
        phase.call();

        call.cancel();

        assertCanceled(answer);
        upstream.awaitOpenConnections(0);
        assertThat(transport.pool().leased()).isZero();
    }

    private static void assertCanceled(Future<ClaudeAnswer> answer) throws Exception {
        assertThat(failureOf(answer)).isInstanceOf(AttemptFailure.Refusal.class).hasMessageContaining("canceled");
    }
}
