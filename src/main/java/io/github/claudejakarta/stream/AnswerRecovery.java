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
 * Continues the answer of a stream where it breaks off: requests the rest from Claude, whose events are spliced to what
 * there is. Where that cannot be done the stream ends as it would have ended without recovery.
 *
 * <p>The log is all that is remembered of the answer. It has everything that was read before, because the thread that
 * reads appends before anybody reads again.
 */
final class AnswerRecovery {

    private static final Logger LOG = Logger.getLogger(AnswerRecovery.class.getName());

    /** In a row: what was asked for twice and brought nothing is not asked for again. */
    private static final int MOST_FAILURES = 2;
    /** Of one stream: each costs the whole input once more. */
    private static final int MOST_RECOVERIES = 10;

    private static final ServerSentEvent STOP = ServerSentEvent.of("message_stop", "{\"type\":\"message_stop\"}");

    private final LiveStream stream;
    private final ClaudeCall first;
    private final ClaudeClient client;
    private final RecoverySettings settings;
    private final MemoryBudget memory;

    /** What the attempts before this one used. */
    private Usage spent = new Usage(JsonValue.EMPTY_JSON_OBJECT);

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
     * Decides what follows an answer that broke off. Sends a request to Claude for the rest, where that can be done.
     */
    AnswerSequence.Next after(RecoveredAnswer brokenOff) {
        RecoveredAnswer.Break last = brokenOff.broken();
        Usage used = brokenOff.used();
        spent = spent.plus(used);
        failures = brokenOff.isFruitless() ? failures + 1 : 0;
        List<ServerSentEvent> sent = stream.log().events();
        PartialAnswer answer = PartialAnswer.of(sent);
        if ((last.why().mayPass() || last.why().kind() == ErrorKind.CANCELED) && answer.lacksOnlyStop()) {
            LOG.info(() -> stream.id() + " broke off before its message_stop, which was added: "
                    + last.why().getMessage());
            return new AnswerSequence.Next.End(STOP);
        }
        Optional<String> obstacle = last.obstacle().or(() -> obstacle(last.why(), answer));
        while (obstacle.isEmpty()) {
            try {
                RecoveredAnswer rest = rest(answer, last.why());
                stream.recovered(new Recovery(sent.size() - 1, last.why().type(), used));
                LOG.info(() -> stream.id() + " broke off after event " + (sent.size() - 1) + " and goes on: "
                        + last.why().getMessage());
                return new AnswerSequence.Next.Another(rest);
            } catch (ClaudeException e) {
                failures++;
                obstacle = e.mayPass() ? obstacle(e, answer) : Optional.of(e.getMessage());
            }
        }
        String why = obstacle.get();
        LOG.info(() -> stream.id() + " broke off after event " + (sent.size() - 1) + ": "
                + last.why().getMessage() + "; it ends so: " + why);
        return new AnswerSequence.Next.End(last.event().orElseGet(() -> stream.broken(last.why())));
    }

    /** Why it has to end; empty where Claude can be asked to go on. */
    private Optional<String> obstacle(ClaudeException why, PartialAnswer answer) {
        if (!why.mayPass()) {
            return Optional.of("the same would come again");
        }
        if (stream.isCut() || stream.log().isEnded() || Thread.currentThread().isInterrupted()) {
            return Optional.of("it was called off");
        }
        if (failures >= MOST_FAILURES) {
            return Optional.of(failures + " attempts to continue it failed");
        }
        if (stream.recoveries().size() >= MOST_RECOVERIES) {
            return Optional.of("it has broken off " + MOST_RECOVERIES + " times before");
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
            // It was canceled a moment ago.
            failures = MOST_FAILURES;
            throw why;
        }
        // Beside that of the request, until Claude continues.
        try (var room = new BodyReservation(memory)) {
            Continuation continuation =
                    Continuation.of(request.get(), first.request().model(), answer, spent.outputTokens(), settings);
            room.waiting().atLeast(continuation.length());
            ClaudeCall next = ClaudeCall.continuing(
                    first.request().withBody(new BufferedBody(continuation.body(), room::close)), why);
            stream.asks(next);
            ClaudeAnswer rest = client.call(next);
            next.releaseBody();
            Usage before = spent;
            var splice = new Splice(
                    answer, continuation, () -> next.usage().map(before::plus).orElse(before));
            return new RecoveredAnswer(
                    this, next, new UpstreamEvents(next, rest.asEvents().events()), splice);
        } catch (ClaudeException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "Continuing " + stream.id() + " failed", e);
            failures = MOST_FAILURES;
            throw why;
        }
    }
}
