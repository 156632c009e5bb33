package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.Watchdog;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The events of one answer, read as they come.
 *
 * <p>A read blocks until something is there, and takes all that is: what has already arrived is handed over at once, so
 * that it can be written on at once. The end of the body proves nothing; only {@code message_stop} ends a message
 * (Anthropic's streaming reference), and it is for the reader to look for it.
 *
 * <p>Not safe for reading by several threads at once. {@link #close} may be called while another thread reads.
 */
public final class EventStream implements Closeable {

    private final InputStream body;
    private final SseParser parser = new SseParser();
    private List<ServerSentEvent> pending = new ArrayList<>();
    private final ClaudeCall call;
    private final Closeable response;

    /**
     * @param call that this stream answers, which knows about time-outs
     * @param response closed with the stream
     */
    EventStream(InputStream body, ClaudeCall call, Closeable response) {
        this.body = body;
        this.call = call;
        this.response = response;
    }

    /**
     * The next events; blocks until there is one.
     *
     * @return never empty but at the end of the body
     * @throws ClaudeException {@code timeout_error} after too long a silence, {@code api_error} when the connection
     *     broke
     */
    public List<ServerSentEvent> read() {
        List<ServerSentEvent> events = pending;
        pending = new ArrayList<>();
        if (!events.isEmpty()) {
            return events;
        }
        try {
            while (events.isEmpty()) {
                if (!readInto(events)) {
                    parser.finish(events);
                    break;
                }
            }
        } catch (IOException | IllegalStateException e) {
            throw broken(e);
        }
        note(events);
        return events;
    }

    private void note(List<ServerSentEvent> events) {
        call.observation().noteEvents(events);
        if (events.isEmpty()) {
            call.observation().noteEndOfEvents(call);
        }
    }

    private boolean readInto(List<ServerSentEvent> events) throws IOException {
        int room = parser.room();
        call.responseTimeout().startWait();
        int count = body.read(parser.buffer(), parser.position(), room);
        call.responseTimeout().endWait();
        if (count < 0) {
            return false;
        }
        parser.parse(count, events);
        return true;
    }

    /** Puts events back that were read too early; the next read gives them. */
    void unread(List<ServerSentEvent> events) {
        pending = events;
    }

    private ClaudeException broken(Exception e) {
        ClaudeException failure =
                call.responseTimeout().isTimedOut() ? call.responseTimeout().timeout() : UndecodableBody.failure(e);
        call.observation().noteFailure(call, failure.type());
        return failure;
    }

    /** Reads the body to its end, so that the connection can be used again; an upstream that lingers is cut off. */
    public void drain() {
        call.responseTimeout().shorten();
        long begin = System.nanoTime();
        try {
            while (readInto(pending)) {
                pending.clear();
                if (Watchdog.isOver(begin, System.nanoTime(), ResponseTimeout.LAST)) {
                    call.cancel();
                    return;
                }
            }
        } catch (IOException | IllegalStateException e) {
            call.cancel();
        }
    }

    /** Lets go of the connection: to the pool if the body was read to its end, otherwise it is cut. */
    @Override
    public void close() throws IOException {
        response.close();
    }
}
