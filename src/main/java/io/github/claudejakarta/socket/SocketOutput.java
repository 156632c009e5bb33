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
 * Sends a stream's events as frames: the text in chunks, or every event as it arrived, and one frame at the end. Each
 * frame has the sequence number of its event, after which a client can resume. Heartbeats are pings of the WebSocket
 * protocol. If two events split a character, the chunk of the second event contains it.
 */
final class SocketOutput implements StreamOutput {

    private static final int NONE = -1;

    private final SocketClient client;
    private final Supplier<Optional<Message>> frame;
    private final boolean sendsAllEvents;
    private Runnable progress = () -> {};
    private CloseCode end = CloseCode.GOING_AWAY;

    private final StreamText text = new StreamText();
    /** The text that is waiting; {@link #chunkEnds} is the number of its last event. */
    private final StringBuilder chunk = new StringBuilder();

    private int chunkEnds = NONE;

    /**
     * Creates the output for one client.
     *
     * @param frame the message without its content, once the stream has ended
     */
    SocketOutput(SocketClient client, Supplier<Optional<Message>> frame, boolean sendsAllEvents) {
        this.client = client;
        this.frame = frame;
        this.sendsAllEvents = sendsAllEvents;
    }

    @Override
    public void onProgress(Runnable onProgress) {
        progress = onProgress;
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
            if (sendsAllEvents) {
                send(eventFrame(sequence, event));
            } else if (mayHaveText(event)) {
                Optional<String> piece = text.next(StreamEvent.of(event.name(), event.data()));
                if (piece.isPresent()) {
                    chunk.append(piece.get());
                    chunkEnds = sequence;
                }
            }
            if (sequence == terminal) {
                // If no text arrived on this socket, a waiting half is from an earlier event, and an earlier socket may
                // have sent it.
                if (chunkEnds != NONE) {
                    chunk.append(text.rest());
                }
                sendChunk();
                end(sequence, StreamEvent.of(event.name(), event.data()));
            }
            // An event that is not sent takes time too. That time does not count against the client.
            progress.run();
            sequence++;
        }
        sendChunk();
    }

    /**
     * Returns whether an event may contain text, by its name. An upstream may give no name; then only the data shows
     * it.
     */
    private static boolean mayHaveText(ServerSentEvent event) {
        return event.isNamed("content_block_delta") || event.name().isEmpty();
    }

    /** Sends the waiting text in one chunk. */
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

    /**
     * Returns the frame of an event. The data is Claude's own text as JSON, or a JSON string if it is not valid JSON.
     */
    private static String eventFrame(int sequence, ServerSentEvent event) {
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

    /** Returns the code with which to close the socket. */
    CloseCode closeCode() {
        return end;
    }
}
