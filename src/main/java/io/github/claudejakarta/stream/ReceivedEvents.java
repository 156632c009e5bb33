package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageAccumulator;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Delays the {@code message_stop} of a stream until the receiver has received the message. All other events are in the
 * log by then, so watchers have received the whole text.
 */
final class ReceivedEvents implements EventSource {

    private static final Logger LOG = Logger.getLogger(ReceivedEvents.class.getName());

    private final LiveStream stream;
    private final EventSource events;
    private final ClaudeCall call;
    private final AnswerReceiver receiver;
    /** Used by the reading thread. One thread reads at a time. */
    private ServerSentEvent stop;

    ReceivedEvents(LiveStream stream, EventSource events, ClaudeCall call, AnswerReceiver receiver) {
        this.stream = stream;
        this.events = events;
        this.call = call;
        this.receiver = receiver;
    }

    @Override
    public List<ServerSentEvent> read() {
        if (stop == null) {
            List<ServerSentEvent> next = events.read();
            int last = next.size() - 1;
            if (!isStop(next.get(last))) {
                return next;
            }
            stop = next.get(last);
            if (last > 0) {
                return next.subList(0, last);
            }
        }
        return List.of(deliver());
    }

    private static boolean isStop(ServerSentEvent event) {
        return Terminal.is(event) && !(StreamEvent.of(event.name(), event.data()) instanceof StreamEvent.Error);
    }

    /** Passes the message to the receiver, and returns the event that ends the stream. */
    private ServerSentEvent deliver() {
        var accumulator = new MessageAccumulator();
        stream.log().forEach(event -> accumulator.accumulate(StreamEvent.of(event.name(), event.data())));
        accumulator.accumulate(StreamEvent.of(stop.name(), stop.data()));
        try {
            accumulator.message().ifPresent(message -> receiver.receive(message, call.isSimulated()));
            return stop;
        } catch (ClaudeException e) {
            return stream.broken(e);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "The receiver of the answer of " + stream.id() + " failed", e);
            return stream.broken(ClaudeException.of(
                            ErrorType.API, "The server could not process the answer. The server's log has the cause.")
                    .withCause(e));
        }
    }

    @Override
    public void close() {
        events.close();
    }
}
