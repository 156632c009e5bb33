package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.BufferedBody;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.Usage;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Continuation;
import io.github.claudejakarta.recovery.PartialAnswer;
import io.github.claudejakarta.recovery.Recovery;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.recovery.Splice;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.web.BodyReservation;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Continues the answer of a stream if it breaks off: it requests the rest from Claude, and splices the rest to the
 * events that exist. If that is not possible, the stream ends as without recovery.
 *
 * <p>The log is the only state of the answer. It contains all events that were read before, because the reading thread
 * appends them before another thread can read.
 */
final class AnswerRecovery {

    private static final Logger LOG = Logger.getLogger(AnswerRecovery.class.getName());

    /** The maximum number of consecutive failed requests for the rest. */
    private static final int MAX_FAILURES = 2;
    /** The maximum number of recoveries of one stream. Each sends the whole input again. */
    private static final int MAX_RECOVERIES = 10;

    private static final ServerSentEvent STOP = ServerSentEvent.of("message_stop", "{\"type\":\"message_stop\"}");

    private final LiveStream stream;
    private final ClaudeCall first;
    private final ClaudeClient client;
    private final RecoverySettings settings;
    private final MemoryBudget memory;

    /** The usage of the previous attempts. */
    private Usage usedBefore = new Usage(JsonValue.EMPTY_JSON_OBJECT);

    private int failures;

    AnswerRecovery(
            LiveStream stream, ClaudeCall first, ClaudeClient client, RecoverySettings settings, MemoryBudget memory) {
        this.stream = stream;
        this.first = first;
        this.client = client;
        this.settings = settings;
        this.memory = memory;
    }

    /** Returns the events of a stream whose first answer has begun. */
    EventSource events(UpstreamEvents begun) {
        return new AnswerSequence(new RecoveredAnswer(this, first, begun), first::releaseBody);
    }

    /**
     * Decides how the stream continues after an answer that broke off. It requests the rest from Claude if that is
     * possible.
     */
    AnswerSequence.Next after(RecoveredAnswer interrupted) {
        RecoveredAnswer.Interruption last = interrupted.interruption();
        Usage used = interrupted.used();
        usedBefore = usedBefore.plus(used);
        failures = interrupted.addedNothing() ? failures + 1 : 0;
        List<ServerSentEvent> sent = stream.log().events();
        PartialAnswer answer = PartialAnswer.of(sent);
        if ((last.why().isRetryable() || last.why().kind() == ErrorKind.CANCELED) && answer.lacksOnlyStop()) {
            LOG.info(() -> stream.id() + " broke off before its message_stop. The server added message_stop. Cause: "
                    + last.why().getMessage());
            return new AnswerSequence.Next.End(STOP);
        }
        Optional<String> whyNotContinuable = last.whyNotContinuable().or(() -> whyNotContinuable(last.why(), answer));
        while (whyNotContinuable.isEmpty()) {
            try {
                RecoveredAnswer rest = rest(answer, last.why());
                stream.addRecovery(new Recovery(sent.size() - 1, last.why().type(), used));
                LOG.info(() -> stream.id() + " broke off after event " + (sent.size() - 1) + " and continues: "
                        + last.why().getMessage());
                return new AnswerSequence.Next.Another(rest);
            } catch (ClaudeException e) {
                failures++;
                whyNotContinuable = e.isRetryable() ? whyNotContinuable(e, answer) : Optional.of(e.getMessage());
            }
        }
        String why = whyNotContinuable.get();
        LOG.info(() -> stream.id() + " broke off after event " + (sent.size() - 1) + ": "
                + last.why().getMessage() + ". The answer is not continued: " + why);
        return new AnswerSequence.Next.End(last.event().orElseGet(() -> stream.broken(last.why())));
    }

    /** Returns the reason for which the answer cannot be continued; empty if it can. */
    private Optional<String> whyNotContinuable(ClaudeException why, PartialAnswer answer) {
        if (!why.isRetryable()) {
            return Optional.of("a retry would get the same error");
        }
        if (stream.isCut() || stream.log().isEnded() || Thread.currentThread().isInterrupted()) {
            return Optional.of("the stream was canceled or its connection was cut");
        }
        if (failures >= MAX_FAILURES) {
            return Optional.of(failures + " attempts to continue it failed, which is the limit");
        }
        if (stream.recoveries().size() >= MAX_RECOVERIES) {
            return Optional.of("it was continued " + MAX_RECOVERIES + " times before, which is the limit");
        }
        return answer.whyNotContinuable();
    }

    /**
     * Requests the rest of an answer.
     *
     * @throws ClaudeException if Claude does not continue it
     */
    private RecoveredAnswer rest(PartialAnswer answer, ClaudeException why) {
        Optional<byte[]> request = first.bodyBytes();
        if (request.isEmpty()) {
            // The stream has just been canceled.
            failures = MAX_FAILURES;
            throw why;
        }
        // The memory of the new request, in addition to the first one, until Claude continues.
        try (var reservation = new BodyReservation(memory)) {
            Continuation continuation = Continuation.of(
                    request.get(), first.request().model(), answer, usedBefore.outputTokens(), settings);
            reservation.waiting().atLeast(continuation.length());
            ClaudeCall next = ClaudeCall.continuing(
                    first.request().withBody(new BufferedBody(continuation.body(), reservation::close)), why);
            stream.setCall(next);
            ClaudeAnswer rest = client.call(next);
            next.releaseBody();
            Usage before = usedBefore;
            var splice = new Splice(
                    answer, continuation, () -> next.usage().map(before::plus).orElse(before));
            return new RecoveredAnswer(
                    this, next, new UpstreamEvents(next, rest.asEvents().events()), splice);
        } catch (ClaudeException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "Could not continue " + stream.id(), e);
            failures = MAX_FAILURES;
            throw why;
        }
    }
}
