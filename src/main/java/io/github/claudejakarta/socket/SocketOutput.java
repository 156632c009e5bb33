package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.StopReason;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.stream.EventRun;
import io.github.claudejakarta.stream.StreamOutput;
import io.github.claudejakarta.stream.StreamText;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A stream's events as frames: the text in chunks, or every event as it came; and at the end one frame that says so.
 * Each has the sequence number of its event, after which a client can resume. Signs of life are pings of the
 * protocol's. A character whose halves are in two events is in the chunk of the second.
 */
final class SocketOutput implements StreamOutput {

    private static final int NONE = -1;

    private final SocketClient client;
    private final Supplier<Optional<Message>> frame;
    private final boolean isEveryEvent;
    private Runnable progress = () -> {};
    private CloseCode end = CloseCode.GOING_AWAY;

    private final StreamText text = new StreamText();
    /** Text that is waiting, and the number of its last event. */
    private final StringBuilder chunk = new StringBuilder();

    private int chunkEnds = NONE;

    /** @param frame the message without its content, once the stream has ended */
    SocketOutput(SocketClient client, Supplier<Optional<Message>> frame, boolean isEveryEvent) {
        this.client = client;
        this.frame = frame;
        this.isEveryEvent = isEveryEvent;
    }

    @Override
    public void onProgress(Runnable whenTaken) {
        progress = whenTaken;
    }

    @Override
    public void begin(List<ServerSentEvent> before) {
        text.skip(before);
    }

    @Override
    public void onLeft(Runnable leave) {
        client.onLeft(leave);
    }

    @Override
    public void write(EventRun events) throws IOException {
        if (client.hasLeft()) {
            throw new IOException("The client has left");
        }
        int terminal = events.endsLog() ? events.next() - 1 : NONE;
        int sequence = events.sequence();
        for (ServerSentEvent event : events.events()) {
            if (isEveryEvent) {
                send(everything(sequence, event));
            } else if (mayHaveText(event)) {
                Optional<String> piece = text.next(StreamEvent.of(event.name(), event.data()));
                if (piece.isPresent()) {
                    chunk.append(piece.get());
                    chunkEnds = sequence;
                }
            }
            if (sequence == terminal) {
                if (chunkEnds != NONE) {
                    // A half from before the first event that was sent here may have been sent before.
                    chunk.append(text.rest());
                }
                sendChunk();
                end(sequence, StreamEvent.of(event.name(), event.data()));
            }
            // To look at many that are not sent takes time too, which is not the client's.
            progress.run();
            sequence++;
        }
        sendChunk();
    }

    /** By its name; where the upstream gives none, only its data tells. */
    private static boolean mayHaveText(ServerSentEvent event) {
        return event.isNamed("content_block_delta") || event.name().isEmpty();
    }

    /** What is waiting goes out in one. */
    private void sendChunk() throws IOException {
        if (!chunk.isEmpty()) {
            send(JsonText.builder()
                    .add("type", "chunk")
                    .add("content", chunk.toString())
                    .add("sequence", chunkEnds)
                    .build()
                    .toString());
            chunk.setLength(0);
        }
    }

    /** The data is Claude's own text, unless that is no JSON. */
    private static String everything(int sequence, ServerSentEvent event) {
        String data = event.data();
        return "{\"type\":\"event\",\"sequence\":" + sequence + ",\"event\":" + JsonText.string(event.name())
                + ",\"data\":" + (isObject(data) ? data : JsonText.string(data).toString()) + "}";
    }

    private static boolean isObject(String data) {
        try {
            JsonPull.object(data, (name, value, parser) -> false);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void end(int sequence, StreamEvent terminal) throws IOException {
        if (terminal instanceof StreamEvent.Error error) {
            end = CloseCode.INTERNAL_ERROR;
            send(JsonText.builder(error.json())
                    .add("sequence", sequence)
                    .build()
                    .toString());
            return;
        }
        end = CloseCode.NORMAL;
        JsonObjectBuilder json = JsonText.builder().add("type", "complete");
        Message message = frame.get().orElse(new Message(JsonValue.EMPTY_JSON_OBJECT));
        json.add("usage", message.usage().json());
        json.add(
                "stop_reason",
                message.stopReason()
                        .map(StopReason::value)
                        .<JsonValue>map(JsonText::string)
                        .orElse(JsonValue.NULL));
        send(json.add("sequence", sequence).build().toString());
    }

    @Override
    public void heartbeat() throws IOException {
        client.ping();
    }

    @Override
    public void end(ClaudeException why) throws IOException {
        end = CloseCode.INTERNAL_ERROR;
        send(why.body());
    }

    private void send(String frame) throws IOException {
        client.send(frame, progress);
        progress.run();
    }

    /** What the socket is to be closed with. */
    CloseCode closeCode() {
        return end;
    }
}
