package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Answers that stop sending bytes. */
class TransportTimeoutTest extends ScriptedTransport {

    @Test
    void timesOutBeforeTheHead() throws Exception {
        upstream.answer(Script.nothing().stall());
        assertTimesOut(() -> transport().attempt(stream()));
    }

    @Test
    void timesOutBeforeTheFirstEvent() throws Exception {
        upstream.answer(Script.sseHead().event("ping", "{}").stall());
        assertTimesOut(() -> transport().attempt(stream()));
    }

    @Test
    void timesOutBetweenEvents() throws Exception {
        upstream.answer(Script.sseHead().event("message_start", "{}").stall());
        var events = transport().attempt(stream()).asEvents().events();
        events.read();

        Future<List<ServerSentEvent>> reading = threads.submit(events::read);
        ClaudeException failure = (ClaudeException) tickUntilFailed(reading);

        assertThat(failure.type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(failure.status()).isEqualTo(504);
        assertThat(failure.errorMessage()).contains("120 s");
    }

    @Test
    void aStreamHasNoTimeLimitWhileEventsArrive() throws Exception {
        var barrier = new Barrier();
        upstream.answer(
                Script.sseHead().event("message_start", "{}").pause(barrier).write(STOP));
        var events = transport().attempt(stream()).asEvents().events();
        events.read();

        advance(Duration.ofHours(1)); // No thread waits for bytes while the reader writes.
        barrier.release();

        assertThat(names(events)).containsExactly("message_stop");
    }

    @Test
    void aWholeAnswerHasTheRequestTimeout() throws Exception {
        upstream.answer(Script.nothing().stall());
        var call = new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY)));
        call.beginAttempt(new Retries(() -> 0), Duration.ofMinutes(10));
        Transport transport = transport();
        Future<ClaudeAnswer> answer = threads.submit(() -> transport.attempt(call));
        upstream.takeRequest();

        advance(Duration.ofMinutes(9));
        assertThat(call.responseTimeout().isTimedOut()).isFalse();

        var failure = (AttemptFailure) tickUntilFailed(answer);
        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().errorMessage()).isEqualTo("Claude did not answer within 600 s");
    }

    /** A late head leaves less time for the body. */
    @Test
    void theRequestTimeoutIncludesTheHeadAndTheBody() {
        var responseTimeout = Duration.ofMinutes(10);
        var call = new ClaudeCall(ClaudeRequest.models());
        call.beginAttempt(new Retries(() -> 0), responseTimeout);
        call.startSending();
        long sent = System.nanoTime();
        call.responseTimeout().endWait();
        while (System.nanoTime() < sent + 10) {
            Thread.onSpinWait();
        }
        call.responseTimeout().startWait();

        call.responseTimeout().check(sent + responseTimeout.toNanos() + 2);

        assertThat(call.responseTimeout().isTimedOut()).isTrue();
    }

    private void assertTimesOut(Callable<ClaudeAnswer> attempt) throws Exception {
        Future<ClaudeAnswer> answer = threads.submit(attempt);
        upstream.takeRequest();

        var failure = (AttemptFailure) tickUntilFailed(answer);

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(failure.failure().status()).isEqualTo(504);
        upstream.awaitOpenConnections(0);
    }

    /** Advances the clock repeatedly, each time by more than the read timeout, because the reader may not wait yet. */
    private Throwable tickUntilFailed(Future<?> reading) throws Exception {
        while (!reading.isDone()) {
            advance(Duration.ofMinutes(11));
            Thread.onSpinWait();
        }
        return failureOf(reading);
    }
}
