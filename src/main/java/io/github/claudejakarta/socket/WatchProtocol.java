package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.LastEventId;

/** The messages of one client of {@code /v1/streams/{id}/socket}. The client sends nothing, or cancels the stream. */
final class WatchProtocol implements SocketProtocol {

    private final Sockets sockets;
    private final SocketClient client;
    private final String id;
    private final Runnable served;
    /** Null until the stream is being sent. */
    private Control control;

    private boolean isRejected;

    /**
     * Creates the protocol of one client.
     *
     * @param served runs when the stream is being sent
     */
    WatchProtocol(Sockets sockets, SocketClient client, String id, Runnable served) {
        this.sockets = sockets;
        this.client = client;
        this.id = id;
        this.served = served;
    }

    /**
     * Begins to send the stream.
     *
     * @throws ClaudeException if the stream does not exist for the caller, or a parameter is invalid
     */
    @Override
    public void begin() {
        client.sendsAllEvents();
        ClaudeStream stream = sockets.stream(id, client);
        int after = LastEventId.of(null, client.parameter("after")).next(stream);
        // Watching an ended stream returns its terminal event again, so that each socket has one.
        int from = stream.endedAt().isPresent() ? Math.min(after, stream.eventCount() - 1) : after;
        client.entry().run(() -> sockets.serve(client, stream, from));
        control = new Control(client, stream::cancel);
        served.run();
    }

    @Override
    public void text(byte[] bytes, int offset, int length, boolean isLast) {
        if (control != null) {
            control.received(bytes, offset, length, isLast);
        }
    }

    @Override
    public void failed(ClaudeException why, CloseCode code) {
        if (control != null) {
            client.reportViolation(why, code);
        } else if (!isRejected) {
            isRejected = true;
            client.entry().leave();
            client.reject(why, code);
        }
    }

    @Override
    public void end() {
        client.entry().leave();
        client.left();
    }
}
