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

/** Answers that fall silent. */
class TransportTimeoutTest extends ScriptedTransport {

    @Test
    void silenceBeforeTheHeadIsATimeout() throws Exception {
        upstream.answer(Script.nothing().stall());
        assertTimesOut(() -> transport().attempt(stream()));
    }

    @Test
    void silenceBeforeTheFirstEventIsATimeout() throws Exception {
        upstream.answer(Script.sseHead().event("ping", "{}").stall());
        assertTimesOut(() -> transport().attempt(stream()));
    }

    @Test
    void silenceBetweenEventsIsATimeout() throws Exception {
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
    void aStreamMayTakeAsLongAsItLikesWhileEventsCome() throws Exception {
        var barrier = new Barrier();
        upstream.answer(
                Script.sseHead().event("message_start", "{}").pause(barrier).write(STOP));
        var events = transport().attempt(stream()).asEvents().events();
        events.read();

        pass(Duration.ofHours(1)); // nobody waits for bytes: the reader writes
        barrier.release();

        assertThat(names(events)).containsExactly("message_stop");
    }

    @Test
    void aWholeAnswerHasTheRequestTimeout() throws Exception {
        upstream.answer(Script.nothing().stall());
        var call = new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY)));
        call.beginAttempt(new Retries(() -> 0), Duration.ofMinutes(10));
        Transport transport = transport();
        Future<ClaudeAnswer> asking = threads.submit(() -> transport.attempt(call));
        upstream.takeRequest();

        pass(Duration.ofMinutes(9));
        assertThat(call.responseTimeout().isTimedOut()).isFalse();

        var failure = (AttemptFailure) tickUntilFailed(asking);
        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().errorMessage()).isEqualTo("Claude did not answer within 600 s");
    }

    /** A head that comes late leaves less for the body. */
    @Test
    void theRequestTimeoutIsOneForTheHeadAndTheBody() {
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
        Future<ClaudeAnswer> asking = threads.submit(attempt);
        upstream.takeRequest();

        var failure = (AttemptFailure) tickUntilFailed(asking);

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(failure.failure().status()).isEqualTo(504);
        upstream.awaitOpenConnections(0);
    }

    /** The reader may be on its way into the wait; each tick is more than the read time-out later than the last. */
    private Throwable tickUntilFailed(Future<?> reading) throws Exception {
        while (!reading.isDone()) {
            pass(Duration.ofMinutes(11));
            Thread.onSpinWait();
        }
        return failureOf(reading);
    }
}
