package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Recovery;
import io.github.claudejakarta.server.ClientConnection;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Writes events to a JAX-RS sink, in the form of a {@link Broadcast}, with their sequence numbers as {@code id}.
 * Heartbeats are comments.
 */
final class SinkOutput implements StreamOutput {

    private static final Logger LOG = Logger.getLogger(SinkOutput.class.getName());

    private final ClaudeStream stream;
    private final int from;
    private final Broadcast broadcast;
    private final Optional<EventForm> form;
    private final SseEventSink sink;
    private final SinkEvents sinkEvents;
    private Runnable progress = () -> {};

    /**
     * Creates the output of one client.
     *
     * @param from the sequence number of the first event; beyond the stream's events, the number of one of the
     *     broadcast's last events
     */
    SinkOutput(ClaudeStream stream, int from, Broadcast broadcast, SseEventSink sink, Sse sse) {
        this.stream = stream;
        this.from = from;
        this.broadcast = broadcast;
        this.form = broadcast.begin();
        this.sink = sink;
        this.sinkEvents = new SinkEvents(sse);
    }

    /**
     * Adds a client as a watcher. Returns the task that writes the stream to the sink until it ends or the client
     * leaves, and then closes the sink.
     *
     * @param from the sequence number of the first event; beyond the stream's events, the number of one of the
     *     broadcast's last events
     */
    static Task join(
            Streams streams,
            ClaudeStream stream,
            int from,
            Broadcast broadcast,
            SseEventSink sink,
            Sse sse,
            ClientConnection connection) {
        Watcher watcher = streams.join(
                stream,
                Math.min(from, stream.eventCount()),
                new SinkOutput(stream, from, broadcast, sink, sse),
                connection);
        return new Task(streams, stream, watcher, sink);
    }

    /** Serves a client that already counts as a watcher. Exactly one of its methods is called. */
    record Task(Streams streams, ClaudeStream stream, Watcher watcher, SseEventSink sink) implements Runnable {

        @Override
        public void run() {
            try (sink) {
                watcher.run();
            } catch (IOException | RuntimeException e) {
                LOG.log(Level.FINE, e, () -> "A client left " + stream.id());
            }
            streams.compactIfEnded(stream);
        }

        /** Removes the client, which is not served. */
        void leave() {
            watcher.leave();
        }
    }

    @Override
    public void onProgress(Runnable onProgress) {
        progress = onProgress;
    }

    @Override
    public void begin(List<ServerSentEvent> before) throws IOException {
        form.ifPresent(one -> one.skip(before));
        if (from == 0) {
            for (BroadcastEvent event : broadcast.first()) {
                send(sinkEvents.event(Optional.empty(), event));
            }
        }
    }

    @Override
    public void write(EventRun events) throws IOException {
        int id = events.sequence();
        for (ServerSentEvent event : events.events()) {
            Optional<BroadcastEvent> outbound = outbound(event, id);
            if (outbound.isPresent()) {
                send(id, outbound.get());
                progress.run();
            }
            id++;
        }
    }

    /** Returns the event that the client gets for an event of the stream; empty if it gets none. */
    private Optional<BroadcastEvent> outbound(ServerSentEvent event, int id) throws IOException {
        if (form.isEmpty()) {
            return Optional.of(
                    event.name().isEmpty()
                            ? BroadcastEvent.of(event.data())
                            : BroadcastEvent.of(event.name(), event.data()));
        }
        return callApplication(() -> form.get().next(StreamEvent.of(event.name(), event.data())), id);
    }

    @Override
    public void finish() throws IOException {
        int events = stream.eventCount();
        List<BroadcastEvent> last = callApplication(() -> broadcast.last(stream), events - 1);
        for (int i = Math.max(0, from - events); i < last.size(); i++) {
            send(events + i, last.get(i));
            progress.run();
        }
    }

    /**
     * Calls a function of the application. If it fails, the client gets an error and no more events. The error has the
     * id of the event, so that a client that reconnects does not fail at this event forever.
     */
    private <T> T callApplication(Supplier<T> function, int id) throws IOException {
        try {
            return function.get();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, e, () -> "A function of the broadcast of " + stream.id() + " threw an exception");
            send(
                    id,
                    error(ClaudeException.of(
                            ErrorType.API,
                            "The application could not create the events of " + stream.id()
                                    + ". The server's log has the cause.")));
            throw new IOException(e);
        }
    }

    @Override
    public void recovered(Recovery place) throws IOException {
        send(sinkEvents.comment(place.toString()));
    }

    @Override
    public void heartbeat() throws IOException {
        send(sinkEvents.comment(""));
    }

    @Override
    public void end(ClaudeException why) throws IOException {
        send(sinkEvents.event(Optional.empty(), error(why)));
    }

    private static BroadcastEvent error(ClaudeException why) {
        return BroadcastEvent.of("error", why.body());
    }

    private void send(int id, BroadcastEvent event) throws IOException {
        send(sinkEvents.event(Optional.of(Integer.toString(id)), event));
    }

    private void send(OutboundSseEvent event) throws IOException {
        try {
            sink.send(event).toCompletableFuture().join();
        } catch (CompletionException | IllegalStateException e) {
            throw new IOException("The client has left", e);
        }
        if (sink.isClosed()) {
            throw new IOException("The client has left");
        }
    }
}
