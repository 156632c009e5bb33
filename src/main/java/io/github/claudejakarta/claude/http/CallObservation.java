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
 * Records the facts of one call for its observers, from its beginning to its end.
 *
 * <p>It checks the names of a stream's events, and parses only the few events about the message as a whole, never those
 * with text. One thread at a time records events; another thread may end the call.
 */
final class CallObservation {

    private static final Logger LOG = Logger.getLogger(CallObservation.class.getName());

    private final List<Consumer<CallOutcome>> observers = new ArrayList<>();
    private final AtomicBoolean isEnded = new AtomicBoolean();
    /** The message of a stream. Guarded by this object, like the next field. */
    private MessageAccumulator streamed = new MessageAccumulator();

    private Message whole;
    private long beganAt;
    private volatile int status;
    private volatile String requestId;
    private volatile boolean isSimulated;
    private volatile String error;
    private volatile long firstTokenAt;
    private volatile int deltas;

    void begin(ClaudeCall call, List<CallObserver> all) {
        beganAt = System.nanoTime();
        all.forEach(observer -> {
            try {
                observers.add(observer.begin(call));
            } catch (RuntimeException e) {
                LOG.log(
                        Level.WARNING,
                        "An observer failed at the beginning of a call to Claude. The call continues.",
                        e);
            }
        });
    }

    /** Records that an answer has begun. The failure of an earlier attempt no longer counts. */
    synchronized void recordAnswer(int httpStatus, Map<String, String> headers) {
        status = httpStatus;
        requestId = headers.get("request-id");
        isSimulated = isSimulated(headers);
        error = null;
        streamed = new MessageAccumulator();
        deltas = 0;
        firstTokenAt = 0;
    }

    /** Records that the call has no answer, or that Claude rejected it. */
    void recordRefusal(ClaudeCall call, ClaudeException failure) {
        if (!call.isCanceled()) {
            // The failure of a canceled call is not an answer of Claude.
            status = failure.status();
        }
        requestId = failure.requestId().orElse(requestId);
        isSimulated |= isSimulated(failure.headers());
        error = null;
        recordFailure(call, failure.type());
    }

    /** Records why the answer is incomplete. The first reason counts. */
    void recordFailure(ClaudeCall call, ErrorType why) {
        if (error == null) {
            error = call.isCanceled() && !call.responseTimeout().isTimedOut() ? canceled(call) : why.value();
        }
    }

    /** Returns the error of a canceled call: a timeout if the time limit of the request expired. */
    private static String canceled(ClaudeCall call) {
        ErrorType why = call.cancellation().type();
        return why.equals(ErrorType.TIMEOUT) ? why.value() : CallOutcome.CANCELED;
    }

    /** Records the end of the events. */
    synchronized void recordEndOfEvents(ClaudeCall call) {
        if (streamed.outcome() == MessageAccumulator.Outcome.UNFINISHED) {
            recordFailure(call, ErrorType.API);
        }
    }

    /** Records that a download was not read to its end. */
    void recordUnreadRest() {
        if (error == null) {
            error = CallOutcome.CANCELED;
        }
    }

    /** Records a message that was not streamed. */
    synchronized void recordMessage(byte[] body) {
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
            LOG.log(Level.FINE, "Claude's answer is not a message; its usage is not counted", e);
        }
    }

    void recordEvents(List<ServerSentEvent> events) {
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

    /** Ends the call and notifies the observers. Later calls have no effect. */
    void end(ClaudeCall call) {
        if (isEnded.compareAndSet(false, true) && !observers.isEmpty()) {
            CallOutcome outcome = outcome(call);
            observers.forEach(observer -> {
                try {
                    observer.accept(outcome);
                } catch (RuntimeException e) {
                    LOG.log(Level.WARNING, "An observer failed at the end of a call to Claude", e);
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
                Optional.of(firstTokenAt).filter(at -> at != 0).map(at -> Duration.ofNanos(at - beganAt)),
                Duration.ofNanos(end - beganAt),
                isSimulated);
    }

    private static boolean isSimulated(Map<String, String> headers) {
        return "true".equals(headers.get(ClaudeAnswer.SIMULATOR));
    }

    /** Whether a simulator sent the answer. */
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

    /** Returns the usage of the answer so far; empty before its beginning. */
    synchronized Optional<Usage> usage() {
        return streamed.message().map(this::usage);
    }

    private Usage usage(Message message) {
        Usage reported = message.usage();
        boolean isOutputReported = message.stopReason().isPresent();
        return isOutputReported ? reported : reported.withOutputTokens(Math.max(reported.outputTokens(), deltas));
    }
}
