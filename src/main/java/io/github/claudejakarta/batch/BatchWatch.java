package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.web.Shutdown;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Sends the state of a batch to one client as server-sent events: the current state immediately, then each change, and
 * the end. Every event contains the whole state. A slow client may therefore skip to the latest state and misses
 * nothing. The {@code id} of an event is the revision.
 */
final class BatchWatch {

    private static final Logger LOG = Logger.getLogger(BatchWatch.class.getName());

    private final BatchManagerBean batches;
    private final Duration heartbeat;
    private final URI server;
    private final SseEventSink sink;
    private final Sse sse;

    BatchWatch(BatchManagerBean batches, Duration heartbeat, URI server, SseEventSink sink, Sse sse) {
        this.batches = batches;
        this.heartbeat = heartbeat;
        this.server = server;
        this.sink = sink;
        this.sse = sse;
    }

    /**
     * Sends events until the batch has ended or the client has left, on the calling thread.
     *
     * @param revision the latest one that the client has received; -1 for none
     */
    void run(String id, long revision) {
        try (sink) {
            watch(id, revision);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, e, () -> "A client left " + id);
        }
    }

    private void watch(String id, long last) throws InterruptedException {
        long revision = last;
        Optional<Batch> batch = batches.find(id).filter(found -> found.revision() > last);
        while (true) {
            if (batch.isPresent()) {
                boolean hasEnded = batch.get().status().hasEnded();
                revision = batch.get().revision();
                send(sse.newEventBuilder()
                        .id(Long.toString(revision))
                        .name(hasEnded ? "batch_ended" : "batch_progressed")
                        .data(JsonText.text(batch.get().json(server))));
                if (hasEnded) {
                    return;
                }
            } else if (batches.find(id).isEmpty()) {
                send(sse.newEventBuilder()
                        .name("error")
                        .data(ClaudeException.of(ErrorType.NOT_FOUND, "Batch " + id + " was deleted")
                                .body()));
                return;
            } else {
                send(sse.newEventBuilder().comment(""));
            }
            batch = batches.awaitChange(id, revision, heartbeat);
            if (batch.isEmpty() && batches.isStopping()) {
                send(sse.newEventBuilder().name("error").data(Shutdown.refusal().body()));
                return;
            }
        }
    }

    private void send(OutboundSseEvent.Builder event) {
        sink.send(event.build()).toCompletableFuture().join();
        if (sink.isClosed()) {
            throw new IllegalStateException("The client has left");
        }
    }
}
