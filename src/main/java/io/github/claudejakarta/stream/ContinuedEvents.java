package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.HeldBody;
import io.github.claudejakarta.claude.StreamEvent;
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
import io.github.claudejakarta.web.BodyRoom;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Claude's events, where an answer that breaks off is gone on with: Claude is asked for the rest, and what comes is
 * spliced to what there is. Where that cannot be done the stream ends as it would have ended otherwise.
 *
 * <p>The log is all that is remembered of the answer. It has everything that was read before, because whoever reads
 * appends before anybody reads again.
 */
final class ContinuedEvents implements EventSource {

    private static final Logger LOG = Logger.getLogger(ContinuedEvents.class.getName());

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

    private ClaudeCall call;
    /** Changed by who reads, and closed by who ends the stream, which may be at the same time. */
    private UpstreamEvents events;

    private boolean isClosed;
    /** Of a continuation; null while the first answer is read. */
    private Splice splice;
    /** What the attempts before this one used. */
    private Usage spent = new Usage(JsonValue.EMPTY_JSON_OBJECT);

    private int failures;
    private Break broken;

    /**
     * How an answer broke off.
     *
     * @param event Claude's own words; empty where there were none
     * @param obstacle why it cannot be gone on with, where that is known already
     */
    private record Break(ClaudeException why, Optional<ServerSentEvent> event, Optional<String> obstacle) {

        Break(ClaudeException why, Optional<ServerSentEvent> event) {
            this(why, event, Optional.empty());
        }
    }

    ContinuedEvents(
            LiveStream stream,
            ClaudeCall call,
            UpstreamEvents events,
            ClaudeClient client,
            RecoverySettings settings,
            MemoryBudget memory) {
        this.stream = stream;
        this.first = call;
        this.call = call;
        this.events = events;
        this.client = client;
        this.settings = settings;
        this.memory = memory;
    }

    @Override
    public List<ServerSentEvent> read() {
        while (true) {
            if (broken != null) {
                Optional<ServerSentEvent> end = mend();
                if (end.isPresent()) {
                    return List.of(end.get());
                }
            }
            List<ServerSentEvent> next = next();
            if (!next.isEmpty()) {
                return next;
            }
        }
    }

    /** What comes up to a break, which is dealt with once this is in the log; may be empty. */
    private List<ServerSentEvent> next() {
        List<ServerSentEvent> next;
        try {
            next = events.next();
        } catch (ClaudeException e) {
            broken = new Break(e, Optional.empty());
            return List.of();
        }
        ServerSentEvent last = next.get(next.size() - 1);
        if (Terminal.is(last) && StreamEvent.of(last.name(), last.data()) instanceof StreamEvent.Error error) {
            broken = new Break(error.exception(), Optional.of(last));
            next = next.subList(0, next.size() - 1);
        }
        return splice == null ? next : spliced(next);
    }

    private List<ServerSentEvent> spliced(List<ServerSentEvent> next) {
        List<ServerSentEvent> spliced = splice.of(next);
        if (splice.isRefused()) {
            broken = new Break(
                    ClaudeException.of(ErrorType.API, "The answer broke off; asked to go on, Claude refused"),
                    Optional.empty(),
                    Optional.of("Claude refused to go on"));
        } else if (splice.isAnew()) {
            broken = new Break(
                    ClaudeException.of(ErrorType.API, "The answer broke off; asked to go on, Claude began anew"),
                    Optional.empty());
        }
        return spliced;
    }

    /** @return what the stream ends with; empty where it goes on */
    private Optional<ServerSentEvent> mend() {
        Break last = broken;
        events.close();
        Usage used = call.usage().orElse(new Usage(JsonValue.EMPTY_JSON_OBJECT));
        spent = spent.plus(used);
        if (splice != null) {
            failures = splice.hasGoneOn() ? 0 : failures + 1;
        }
        List<ServerSentEvent> sent = stream.log().events();
        PartialAnswer answer = PartialAnswer.of(sent);
        if (last.why().mayPass() && answer.lacksOnlyItsStop()) {
            LOG.info(() -> stream.id() + " broke off before its message_stop, which was added: "
                    + last.why().getMessage());
            return Optional.of(STOP);
        }
        Optional<String> obstacle = last.obstacle().or(() -> obstacle(last.why(), answer));
        while (obstacle.isEmpty()) {
            Optional<ClaudeException> failure = ask(answer, last.why());
            if (failure.isEmpty()) {
                stream.recovered(new Recovery(sent.size() - 1, last.why().type(), used));
                LOG.info(() -> stream.id() + " broke off after event " + (sent.size() - 1) + " and goes on: "
                        + last.why().getMessage());
                broken = null;
                return Optional.empty();
            }
            failures++;
            obstacle = failure.filter(e -> !e.mayPass())
                    .map(ClaudeException::getMessage)
                    .or(() -> obstacle(failure.get(), answer));
        }
        String why = obstacle.get();
        LOG.info(() -> stream.id() + " broke off after event " + (sent.size() - 1) + ": "
                + last.why().getMessage() + "; it ends so: " + why);
        return Optional.of(last.event().orElseGet(() -> stream.broken(last.why())));
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
        return answer.obstacle();
    }

    /** @return what failed; empty where Claude goes on */
    private Optional<ClaudeException> ask(PartialAnswer answer, ClaudeException why) {
        Optional<byte[]> request = first.keptBody();
        if (request.isEmpty()) {
            // It was called off a moment ago.
            failures = MOST_FAILURES;
            return Optional.of(why);
        }
        // Beside that of the request, until Claude goes on.
        try (var room = new BodyRoom(memory)) {
            Continuation continuation =
                    Continuation.of(request.get(), first.request().model(), answer, spent.outputTokens(), settings);
            room.patient().atLeast(continuation.length());
            ClaudeCall next = ClaudeCall.continuing(
                    first.request().withBody(new HeldBody(continuation.body(), room::close)), why);
            stream.asks(next);
            ClaudeAnswer rest = client.call(next);
            next.forgetBody();
            Usage before = spent;
            goOnWith(next, new UpstreamEvents(next, rest.events()));
            splice = new Splice(
                    answer, continuation, () -> next.usage().map(before::plus).orElse(before));
            return Optional.empty();
        } catch (ClaudeException e) {
            return Optional.of(e);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "Going on with " + stream.id() + " failed", e);
            failures = MOST_FAILURES;
            return Optional.of(why);
        }
    }

    private synchronized void goOnWith(ClaudeCall next, UpstreamEvents rest) {
        call = next;
        events = rest;
        if (isClosed) {
            // The stream was ended while Claude was asked.
            rest.close();
        }
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        events.close();
        first.forgetBody();
    }
}
