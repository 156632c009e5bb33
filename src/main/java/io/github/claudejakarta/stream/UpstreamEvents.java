package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.EventStream;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The events of Claude's answer, always with a terminal event. If the upstream stops, breaks or is silent without
 * {@code message_stop}, the last event is an {@code error}.
 */
final class UpstreamEvents implements EventSource {

    private static final Logger LOG = Logger.getLogger(UpstreamEvents.class.getName());

    private final ClaudeCall call;
    private final EventStream events;
    private final Function<ClaudeException, ServerSentEvent> error;
    private boolean isEnded;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    UpstreamEvents(ClaudeCall call, EventStream events) {
        this(call, events, Terminal::error);
    }

    /**
     * Creates the events of a call.
     *
     * @param error creates the terminal event for an upstream that broke
     */
    UpstreamEvents(ClaudeCall call, EventStream events, Function<ClaudeException, ServerSentEvent> error) {
        this.call = call;
        this.events = events;
        this.error = error;
    }

    /** Returns the error of an answer that ends without its terminal event. */
    static ClaudeException cutOff() {
        return ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, "Claude's stream ended without message_stop");
    }

    @Override
    public List<ServerSentEvent> read() {
        try {
            return next();
        } catch (ClaudeException e) {
            return List.of(error.apply(e));
        }
    }

    /**
     * Returns the next events. An {@code error} event of Claude is returned like any other event.
     *
     * @throws ClaudeException if the upstream broke
     */
    List<ServerSentEvent> next() {
        List<ServerSentEvent> next;
        try {
            next = events.read();
        } catch (ClaudeException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "Could not read the events of Claude", e);
            throw ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, "Claude's stream could not be read")
                    .withCause(e);
        }
        if (next.isEmpty()) {
            throw cutOff();
        }
        return upToTerminal(next);
    }

    private List<ServerSentEvent> upToTerminal(List<ServerSentEvent> next) {
        for (int i = 0; i < next.size(); i++) {
            if (Terminal.is(next.get(i))) {
                isEnded = true;
                return next.subList(0, i + 1);
            }
        }
        return next;
    }

    /**
     * Closes the connection. If the answer is complete, the rest of it is read, so that the connection can be reused;
     * otherwise the call is canceled. Only the first call has an effect.
     */
    @Override
    public void close() {
        if (!isClosed.compareAndSet(false, true)) {
            return;
        }
        if (isEnded && !call.isCanceled()) {
            events.drain();
        } else {
            call.cancel();
        }
        try {
            events.close();
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "Could not close a connection to Claude that broke", e);
        }
    }
}
