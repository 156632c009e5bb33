package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageAccumulator;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.StopReason;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.Usage;
import jakarta.json.Json;
import jakarta.json.stream.JsonParser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What is noted of one call for its observers, from its beginning to its end.
 *
 * <p>Of a stream's events it looks at the names, and reads the few that tell of the message as a whole; not one of its
 * text. They are noted by one thread at a time; whoever ends the call may be another.
 */
final class CallObservation {

    private static final Logger LOG = Logger.getLogger(CallObservation.class.getName());

    private final List<Consumer<CallOutcome>> observers = new ArrayList<>();
    private final AtomicBoolean isEnded = new AtomicBoolean();
    /** Of a stream; guarded by this, as is the next. */
    private MessageAccumulator streamed = new MessageAccumulator();

    private Message whole;
    private long began;
    private volatile int status;
    private volatile String requestId;
    private volatile boolean isSimulated;
    private volatile String error;
    private volatile long firstTokenAt;
    private volatile int deltas;

    void begin(ClaudeCall call, List<CallObserver> all) {
        began = System.nanoTime();
        all.forEach(observer -> {
            try {
                observers.add(observer.begun(call));
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "An observer of calls failed", e);
            }
        });
    }

    /** Notes that an answer has begun. The failure of an earlier attempt no longer counts. */
    synchronized void noteAnswer(int httpStatus, Map<String, String> headers) {
        status = httpStatus;
        requestId = headers.get("request-id");
        isSimulated = isSimulated(headers);
        error = null;
        streamed = new MessageAccumulator();
        deltas = 0;
        firstTokenAt = 0;
    }

    /** Notes that there is no answer, or one that refuses. */
    void noteRefusal(ClaudeCall call, ClaudeException failure) {
        if (!call.isCanceled()) {
            // Otherwise the failure is ours, and Claude gave no answer.
            status = failure.status();
        }
        requestId = failure.requestId().orElse(requestId);
        isSimulated |= isSimulated(failure.headers());
        error = null;
        noteFailure(call, failure.type());
    }

    /** Notes why the answer does not come to its end. The first reason counts. */
    void noteFailure(ClaudeCall call, ErrorType why) {
        if (error == null) {
            error = call.isCanceled() && !call.responseTimeout().isTimedOut() ? canceled(call) : why.value();
        }
    }

    /** A request with a time limit of its own is canceled when that expires. */
    private static String canceled(ClaudeCall call) {
        ErrorType why = call.cancellation().type();
        return why.equals(ErrorType.TIMEOUT) ? why.value() : CallOutcome.CANCELED;
    }

    /** Notes that there are no more events. */
    synchronized void noteEndOfEvents(ClaudeCall call) {
        if (streamed.outcome() == MessageAccumulator.Outcome.UNFINISHED) {
            noteFailure(call, ErrorType.API);
        }
    }

    /** Notes that the rest of a download was not read. */
    void noteUnreadRest() {
        if (error == null) {
            error = CallOutcome.CANCELED;
        }
    }

    /** Notes a message that was not streamed. */
    synchronized void noteMessage(byte[] body) {
        if (observers.isEmpty()) {
            return;
        }
        var fields = Json.createObjectBuilder();
        try {
            JsonPull.object(body, 0, body.length, (name, value, parser) -> {
                if (name.equals("usage") && value == JsonParser.Event.START_OBJECT) {
                    fields.add(name, parser.getObject());
                    return true;
                }
                if (value == JsonParser.Event.VALUE_STRING) {
                    fields.add(name, parser.getString());
                }
                return false;
            });
            whole = new Message(fields.build());
        } catch (IllegalArgumentException e) {
            LOG.log(Level.FINE, "Claude's answer is no message", e);
        }
    }

    void noteEvents(List<ServerSentEvent> events) {
        for (ServerSentEvent event : events) {
            if (event.isNamed("content_block_delta")) {
                if (deltas++ == 0) {
                    firstTokenAt = System.nanoTime();
                }
            } else if (!event.isNamed("content_block_start")
                    && !event.isNamed("content_block_stop")
                    && !event.isNamed("ping")) {
                synchronized (this) {
                    streamed.accumulate(StreamEvent.of(event.name(), event.data()));
                }
            }
        }
    }

    /** Ends the call, and tells the observers. Only the first time counts. */
    void end(ClaudeCall call) {
        if (isEnded.compareAndSet(false, true) && !observers.isEmpty()) {
            CallOutcome outcome = outcome(call);
            observers.forEach(observer -> {
                try {
                    observer.accept(outcome);
                } catch (RuntimeException e) {
                    LOG.log(Level.WARNING, "An observer of calls failed", e);
                }
            });
        }
    }

    private synchronized CallOutcome outcome(ClaudeCall call) {
        Optional<Message> message = Optional.ofNullable(whole).or(streamed::message);
        long end = System.nanoTime();
        return new CallOutcome(
                status,
                error(call),
                Optional.ofNullable(requestId),
                call.attempts(),
                message.map(Message::id),
                message.map(Message::model),
                message.map(this::usage).map(Tokens::of),
                message.flatMap(Message::stopReason).map(StopReason::value),
                Optional.of(firstTokenAt).filter(at -> at != 0).map(at -> Duration.ofNanos(at - began)),
                Duration.ofNanos(end - began),
                isSimulated);
    }

    private static boolean isSimulated(Map<String, String> headers) {
        return "true".equals(headers.get(ClaudeAnswer.SIMULATOR));
    }

    /** Whether a simulator gave the answer. */
    boolean isSimulated() {
        return isSimulated;
    }

    private Optional<String> error(ClaudeCall call) {
        if (error != null) {
            return Optional.of(error);
        }
        if (call.form() != Endpoint.Form.EVENTS) {
            return Optional.empty();
        }
        return switch (streamed.outcome()) {
            case COMPLETE -> Optional.empty();
            case FAILED ->
                streamed.error().map(failure -> failure.exception().type().value());
            case UNFINISHED -> Optional.of(call.isCanceled() ? canceled(call) : ErrorType.API.value());
        };
    }

    /** What the answer used so far; empty before its beginning. */
    synchronized Optional<Usage> usage() {
        return streamed.message().map(this::usage);
    }

    private Usage usage(Message message) {
        Usage told = message.usage();
        boolean isOutputTold = message.stopReason().isPresent();
        return isOutputTold ? told : told.withOutputTokens(Math.max(told.outputTokens(), deltas));
    }
}
