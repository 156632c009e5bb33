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
 * Holds back the {@code message_stop} of a stream until its message was received. The log has all other events then, so
 * watchers have had the whole text.
 */
final class ReceivedEvents implements EventSource {

    private static final Logger LOG = Logger.getLogger(ReceivedEvents.class.getName());

    private final LiveStream stream;
    private final EventSource events;
    private final ClaudeCall call;
    private final AnswerReceiver receiver;
    /** Of the thread that reads; one at a time does. */
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
        return List.of(received());
    }

    private static boolean isStop(ServerSentEvent event) {
        return Terminal.is(event) && !(StreamEvent.of(event.name(), event.data()) instanceof StreamEvent.Error);
    }

    /** The event that ends the stream. */
    private ServerSentEvent received() {
        var accumulator = new MessageAccumulator();
        stream.log().forEach(event -> accumulator.accumulate(StreamEvent.of(event.name(), event.data())));
        accumulator.accumulate(StreamEvent.of(stop.name(), stop.data()));
        try {
            accumulator.message().ifPresent(message -> receiver.receive(message, call.isSimulated()));
            return stop;
        } catch (ClaudeException e) {
            return stream.broken(e);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "The receiver of " + stream.id() + " failed", e);
            return stream.broken(ClaudeException.of(ErrorType.API, "The answer could not be processed")
                    .withCause(e));
        }
    }

    @Override
    public void close() {
        events.close();
    }
}
