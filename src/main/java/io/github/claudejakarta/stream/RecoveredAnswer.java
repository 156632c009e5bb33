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
 * An answer of Claude that may break off: the first answer of a stream, or an answer that continues another. If it
 * breaks off, an {@link AnswerRecovery} decides how the stream continues.
 */
final class RecoveredAnswer implements AnswerSequence.Answer {

    /**
     * Describes how an answer broke off.
     *
     * @param event Claude's own error event; empty without one
     * @param whyNotContinuable the reason for which the answer cannot be continued, if it is already known
     */
    record Interruption(ClaudeException why, Optional<ServerSentEvent> event, Optional<String> whyNotContinuable) {

        private Interruption(ClaudeException why, Optional<ServerSentEvent> event) {
            this(why, event, Optional.empty());
        }
    }

    private final AnswerRecovery recovery;
    private final ClaudeCall call;
    private final UpstreamEvents events;
    /** Null for the first answer. */
    private final Splice splice;
    /** Null until the answer has broken off. */
    private Interruption interruption;

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

    /** Returns the next events, up to an interruption. */
    @Override
    public List<ServerSentEvent> read() {
        List<ServerSentEvent> next;
        try {
            next = events.next();
        } catch (ClaudeException e) {
            interruption = new Interruption(e, Optional.empty());
            return List.of();
        }
        ServerSentEvent last = next.get(next.size() - 1);
        if (Terminal.is(last) && StreamEvent.of(last.name(), last.data()) instanceof StreamEvent.Error error) {
            interruption = new Interruption(error.exception(), Optional.of(last));
            next = next.subList(0, next.size() - 1);
        }
        return splice == null ? next : spliced(next);
    }

    private List<ServerSentEvent> spliced(List<ServerSentEvent> next) {
        List<ServerSentEvent> spliced = splice.of(next);
        if (splice.isRefused()) {
            interruption = new Interruption(
                    ClaudeException.of(
                            ErrorKind.BROKEN, ErrorType.API, "The answer broke off, and Claude refused to continue it"),
                    Optional.empty(),
                    Optional.of("Claude refused to continue it"));
        } else if (splice.isRestart()) {
            interruption = new Interruption(
                    ClaudeException.of(
                            ErrorKind.BROKEN,
                            ErrorType.API,
                            "The answer broke off, and Claude started a new answer instead of continuing it"),
                    Optional.empty());
        }
        return spliced;
    }

    @Override
    public boolean hasEnded() {
        return interruption != null;
    }

    @Override
    public AnswerSequence.Next next() {
        return recovery.after(this);
    }

    /** Returns how the answer broke off. */
    Interruption interruption() {
        return interruption;
    }

    /** Returns the usage of the answer, as far as Claude reported it. */
    Usage used() {
        return call.usage().orElse(new Usage(JsonValue.EMPTY_JSON_OBJECT));
    }

    /** Returns whether this answer should have continued another and added nothing. */
    boolean addedNothing() {
        return splice != null && !splice.hasNewContent();
    }

    @Override
    public void close() {
        events.close();
    }
}
