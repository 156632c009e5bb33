package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.Usage;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Splice;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Optional;

/**
 * An answer of Claude that may break off: the first one of a stream, or one that continues another and is spliced to
 * it. Where it breaks off, an {@link AnswerRecovery} decides what follows.
 */
final class RecoveredAnswer implements AnswerSequence.Answer {

    /**
     * How an answer broke off.
     *
     * @param event Claude's own words; empty where there were none
     * @param obstacle why the answer cannot be continued, where that is known already
     */
    record Break(ClaudeException why, Optional<ServerSentEvent> event, Optional<String> obstacle) {

        private Break(ClaudeException why, Optional<ServerSentEvent> event) {
            this(why, event, Optional.empty());
        }
    }

    private final AnswerRecovery recovery;
    private final ClaudeCall call;
    private final UpstreamEvents events;
    /** Null for the first answer. */
    private final Splice splice;
    /** Null until the answer has broken off. */
    private Break broken;

    /** Creates the first answer of a stream. */
    RecoveredAnswer(AnswerRecovery recovery, ClaudeCall call, UpstreamEvents events) {
        this(recovery, call, events, null);
    }

    /** Creates an answer that continues another. */
    RecoveredAnswer(AnswerRecovery recovery, ClaudeCall call, UpstreamEvents events, Splice splice) {
        this.recovery = recovery;
        this.call = call;
        this.events = events;
        this.splice = splice;
    }

    /** The events up to a break. */
    @Override
    public List<ServerSentEvent> read() {
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
                    ClaudeException.of(
                            ErrorKind.BROKEN, ErrorType.API, "The answer broke off; asked to go on, Claude refused"),
                    Optional.empty(),
                    Optional.of("Claude refused to go on"));
        } else if (splice.isRestart()) {
            broken = new Break(
                    ClaudeException.of(
                            ErrorKind.BROKEN, ErrorType.API, "The answer broke off; asked to go on, Claude began anew"),
                    Optional.empty());
        }
        return spliced;
    }

    @Override
    public boolean isOver() {
        return broken != null;
    }

    @Override
    public AnswerSequence.Next next() {
        return recovery.after(this);
    }

    /** How it broke off. */
    Break broken() {
        return broken;
    }

    /** What it used, as far as Claude reported it. */
    Usage used() {
        return call.usage().orElse(new Usage(JsonValue.EMPTY_JSON_OBJECT));
    }

    /** Whether it was to continue another and brought nothing. */
    boolean isFruitless() {
        return splice != null && !splice.hasNewContent();
    }

    @Override
    public void close() {
        events.close();
    }
}
