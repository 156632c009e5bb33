package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.Watchdog;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The events of one answer, read as they arrive.
 *
 * <p>A read blocks until bytes arrive, and returns all events that have arrived, so that they can be forwarded
 * together. The end of the body does not mean that the message is complete: only {@code message_stop} ends a message
 * (Anthropic's streaming reference). The reader has to check for it.
 *
 * <p>Only one thread at a time may read. {@link #close} may be called while another thread reads.
 */
public final class EventStream implements Closeable {

    private final InputStream body;
    private final SseParser parser = new SseParser();
    private List<ServerSentEvent> pending = new ArrayList<>();
    private final ClaudeCall call;
    private final Closeable response;

    /**
     * @param call the call that this stream answers, with its response timeout
     * @param response closed with the stream
     */
    EventStream(InputStream body, ClaudeCall call, Closeable response) {
        this.body = body;
        this.call = call;
        this.response = response;
    }

    /**
     * Returns the next events. Blocks until at least one has arrived.
     *
     * @return the events; empty only at the end of the body
     * @throws ClaudeException {@code timeout_error} if nothing arrived for too long, {@code api_error} if the
     *     connection broke
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
        record(events);
        return events;
    }

    private void record(List<ServerSentEvent> events) {
        call.observation().recordEvents(events);
        if (events.isEmpty()) {
            call.observation().recordEndOfEvents(call);
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

    /** Puts back events that were read too early. The next read returns them. */
    void unread(List<ServerSentEvent> events) {
        pending = events;
    }

    private ClaudeException broken(Exception e) {
        ClaudeException failure =
                call.responseTimeout().isTimedOut() ? call.responseTimeout().timeout() : UndecodableBody.failure(e);
        call.observation().recordFailure(call, failure.type());
        return failure;
    }

    /**
     * Reads the body to its end, so that the connection can be reused. Cuts the connection if the end does not arrive
     * soon.
     */
    public void drain() {
        call.responseTimeout().shorten();
        long begin = System.nanoTime();
        try {
            while (readInto(pending)) {
                pending.clear();
                if (Watchdog.isExceeded(begin, System.nanoTime(), ResponseTimeout.DRAIN_LIMIT)) {
                    call.cancel();
                    return;
                }
            }
        } catch (IOException | IllegalStateException e) {
            call.cancel();
        }
    }

    /** Releases the connection: returns it to the pool if the body was read to its end, and cuts it otherwise. */
    @Override
    public void close() throws IOException {
        response.close();
    }
}
