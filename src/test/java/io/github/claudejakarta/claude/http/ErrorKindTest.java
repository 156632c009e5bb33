package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.RefusingPort;
import io.github.claudejakarta.upstream.Script;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kind of each failure of a call, at its origin. */
class ErrorKindTest extends ScriptedTransport {

    @ParameterizedTest
    @ValueSource(strings = {"http://claude.invalid", "http://localhost:%d", "https://localhost:%d"})
    void anUnknownOrRefusingHostIsUnreachable(String url) throws Exception {
        try (var port = new RefusingPort()) {
            assertKind(
                    ErrorKind.UNREACHABLE,
                    transport(UnguardedClient.settings(URI.create(url.formatted(port.number())))));
        }
    }

    @Test
    void anAddressThatIsNotClaudeIsUnreachable() {
        upstream.answer(Script.json(302, "", "location: https://elsewhere.example"));

        assertKind(ErrorKind.UNREACHABLE, transport());
    }

    @Test
    void aConnectionLostAfterTheRequestIsBroken() {
        upstream.answer(Script.nothing().cut());

        assertKind(ErrorKind.BROKEN, transport());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "event: ping\ndata: {}\n\n"})
    void anAnswerThatEndsBeforeItsFirstEventIsBroken(String body) {
        upstream.answer(Script.sseHead().write(body));

        assertKind(ErrorKind.BROKEN, transport());
    }

    @Test
    void aPageInsteadOfEventsIsBroken() {
        upstream.answer(Script.chunked(200, "content-type: text/html").write("<html>"));

        assertKind(ErrorKind.BROKEN, transport());
    }

    @Test
    void anAnswerInAnUnknownCodingIsBroken() {
        upstream.answer(Script.json(200, "{}", "content-encoding: zstd"));

        assertThat(failure(new ClaudeCall(ClaudeRequest.models())).failure())
                .returns(ErrorKind.BROKEN, ClaudeException::kind);
    }

    @Test
    void aStreamThatBreaksOffIsBroken() {
        upstream.answer(Script.sseHead().event("message_start", "{}").cut());
        EventStream events = transport().attempt(stream()).asEvents().events();
        events.read();

        assertThat(catchThrowableOfType(ClaudeException.class, events::read).kind())
                .isEqualTo(ErrorKind.BROKEN);
    }

    @Test
    void anErrorOfClaudeIsRefusedAsAStatusAndAsAnEvent() {
        upstream.answer(
                Script.error(529, "overloaded_error", "No"),
                Script.json(200, Script.errorBody("api_error", "No")),
                Script.sseHead().event("error", Script.errorBody("timeout_error", "No")),
                Script.json(502, "<html>"));

        for (int i = 0; i < 4; i++) {
            assertKind(ErrorKind.REFUSED, transport());
        }
    }

    @Test
    void aSilentAnswerTimesOut() throws Exception {
        upstream.answer(Script.nothing().stall());
        Transport transport = transport();
        Future<ClaudeAnswer> answer = threads.submit(() -> transport.attempt(stream()));
        upstream.takeRequest();

        while (!answer.isDone()) {
            advance(Duration.ofMinutes(3));
            Thread.onSpinWait();
        }

        assertThat(((AttemptFailure) failureOf(answer)).failure().kind()).isEqualTo(ErrorKind.TIMED_OUT);
    }

    @Test
    void aFullPoolIsALimit() {
        upstream.answer(Script.sseHead().write(STOP).stall());
        Transport transport = transport(pool(1, 1));
        transport.attempt(stream());

        assertKind(ErrorKind.LIMITED, transport);
    }

    @Test
    void aRetryThatDoesNotReachClaudeIsBrokenAfterAnAttemptThatMayHaveArrived() {
        upstream.answer(Script.nothing().cut());
        ClaudeCall call = stream();
        Transport transport = transport();
        call.endAttempt(failure(transport, call).failure());
        upstream.close();
        AttemptFailure unreachable = failure(transport, again(call));
        call.endAttempt(unreachable.failure());

        assertThat(unreachable.failure().kind()).isEqualTo(ErrorKind.UNREACHABLE);
        assertThat(outcome(call, unreachable))
                .returns(ErrorKind.BROKEN, ClaudeException::kind)
                .returns(unreachable.failure().errorMessage(), ClaudeException::errorMessage);
    }

    @Test
    void aRetryRejectedByALimitIsBrokenAfterAnAttemptThatMayHaveArrived() {
        upstream.answer(Script.nothing().cut());
        ClaudeCall call = stream();
        call.endAttempt(failure(call).failure());

        ClaudeException breakerOpen = ClaudeException.of(ErrorType.OVERLOADED, "The circuit breaker is open");

        assertThat(outcome(call, breakerOpen)).returns(ErrorKind.BROKEN, ClaudeException::kind);
    }

    @Test
    void aRetryThatDoesNotReachClaudeIsUnreachableAfterARefusal() {
        upstream.answer(Script.error(529, "overloaded_error", "No"));
        ClaudeCall call = stream();
        call.endAttempt(failure(call).failure());
        upstream.close();
        // On a new connection: an idle connection would accept the request before its end is detected.
        AttemptFailure unreachable = failure(transport(), again(call));
        call.endAttempt(unreachable.failure());

        assertThat(outcome(call, unreachable).kind()).isEqualTo(ErrorKind.UNREACHABLE);
    }

    /** Begins the next attempt without a wait. */
    private static ClaudeCall again(ClaudeCall call) {
        call.endAttempt(ClaudeException.of(ErrorKind.UNREACHABLE, ErrorType.API, "for the wait alone")
                .withRetryAfter(Duration.ofMillis(1)));
        return UnguardedClient.beginAttempt(call);
    }

    private static ClaudeException outcome(ClaudeCall call, RuntimeException failure) {
        return catchThrowableOfType(
                ClaudeException.class,
                () -> CallInterceptor.observed(call, List.of(), () -> {
                    throw failure;
                }));
    }

    @Test
    void aCanceledCallIsCanceled() {
        upstream.otherwise(request -> Script.json(200, "{}"));
        var call = stream();
        call.cancel();

        assertThat(failure(call).failure())
                .returns(ErrorKind.CANCELED, ClaudeException::kind)
                .returns(false, ClaudeException::isRetryable);
    }

    @Test
    void anInterruptedThreadIsCanceledAndKeepsItsStatus() throws Exception {
        upstream.answer(Script.nothing().stall());
        assertInterruptIsACancellation(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))), () -> {
            upstream.takeRequest();
            return null;
        });
    }

    @Test
    void aThreadInterruptedWithinABodyIsCanceledAndKeepsItsStatus() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sized(100, 200, "content-type: application/json")
                .write("{")
                .pause(barrier)
                .stall());
        assertInterruptIsACancellation(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))), () -> {
            barrier.awaitReached();
            barrier.release();
            return null;
        });
    }

    @Test
    void aThreadInterruptedBeforeTheFirstEventIsCanceledAndKeepsItsStatus() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().event("ping", "{}").pause(barrier).stall());
        assertInterruptIsACancellation(stream(), () -> {
            barrier.awaitReached();
            barrier.release();
            return null;
        });
    }

    @Test
    void aThreadInterruptedBeforeItWaitsForAConnectionIsCanceled() {
        upstream.answer(Script.sseHead().write(STOP).stall());
        Transport transport = transport(pool(1, 1));
        transport.attempt(stream());
        Thread.currentThread().interrupt();

        AttemptFailure failure = failure(transport, new ClaudeCall(ClaudeRequest.models()));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(failure.failure().kind()).isEqualTo(ErrorKind.CANCELED);
    }

    private void assertInterruptIsACancellation(ClaudeCall call, Callable<?> whenWaiting) throws Exception {
        Transport transport = transport();
        var thread = new Thread[1];
        Future<Boolean> answer = threads.submit(() -> {
            thread[0] = Thread.currentThread();
            AttemptFailure failure = failure(transport, call);
            assertThat(failure).isInstanceOf(AttemptFailure.Refusal.class);
            assertThat(failure.failure().kind()).isEqualTo(ErrorKind.CANCELED);
            return Thread.interrupted();
        });
        whenWaiting.call();

        thread[0].interrupt();

        assertThat(answer.get()).isTrue();
    }

    private static void assertKind(ErrorKind kind, Transport transport) {
        assertThat(failure(transport, stream()).failure().kind()).isEqualTo(kind);
    }
}
