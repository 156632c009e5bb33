package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Recovery;
import io.github.claudejakarta.server.ClientConnection;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A JAX-RS sink: the events with their sequence numbers as {@code id}, comments as signs of life. */
final class SinkOutput implements StreamOutput {

    private static final Logger LOG = Logger.getLogger(SinkOutput.class.getName());

    private final SseEventSink sink;
    private final Sse sse;
    private Runnable progress = () -> {};

    SinkOutput(SseEventSink sink, Sse sse) {
        this.sink = sink;
        this.sse = sse;
    }

    /** Writes a stream into a sink until it ends or the client leaves, on the calling thread, and closes the sink. */
    static void serve(
            Streams streams, ClaudeStream stream, int from, SseEventSink sink, Sse sse, ClientConnection connection) {
        try (sink) {
            streams.watch(stream, from, new SinkOutput(sink, sse), connection);
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "A client left " + stream.id(), e);
        }
        streams.compactIfEnded(stream);
    }

    @Override
    public void onProgress(Runnable whenTaken) {
        progress = whenTaken;
    }

    @Override
    public void write(EventRun events) throws IOException {
        int id = events.sequence();
        for (ServerSentEvent event : events.events()) {
            var builder = sse.newEventBuilder().id(Integer.toString(id++)).data(event.data());
            send(event.name().isEmpty() ? builder : builder.name(event.name()));
            progress.run();
        }
    }

    @Override
    public void recovered(Recovery place) throws IOException {
        send(sse.newEventBuilder().comment(place.toString()));
    }

    @Override
    public void heartbeat() throws IOException {
        send(sse.newEventBuilder().comment(""));
    }

    @Override
    public void end(ClaudeException why) throws IOException {
        send(sse.newEventBuilder().name("error").data(why.body()));
    }

    private void send(OutboundSseEvent.Builder event) throws IOException {
        try {
            sink.send(event.build()).toCompletableFuture().join();
        } catch (CompletionException | IllegalStateException e) {
            throw new IOException("The client has left", e);
        }
        if (sink.isClosed()) {
            throw new IOException("The client has left");
        }
    }
}
