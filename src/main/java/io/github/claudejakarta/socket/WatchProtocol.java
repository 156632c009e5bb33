package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.LastEventId;

/** What one client of {@code /v1/streams/{id}/socket} says: nothing, or that the stream is to be canceled. */
final class WatchProtocol implements SocketProtocol {

    private final Sockets sockets;
    private final SocketClient client;
    private final String id;
    private final Runnable served;
    /** Null until the stream is being sent. */
    private Control control;

    private boolean isRefused;

    /** @param served runs when the stream is being sent */
    WatchProtocol(Sockets sockets, SocketClient client, String id, Runnable served) {
        this.sockets = sockets;
        this.client = client;
        this.id = id;
        this.served = served;
    }

    /** @throws ClaudeException if the stream does not exist for the caller, or what is asked for is not understood */
    @Override
    public void begin() {
        client.wantsEveryEvent();
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
            client.violated(why, code);
        } else if (!isRefused) {
            isRefused = true;
            client.entry().leave();
            client.refuse(why, code);
        }
    }

    @Override
    public void end() {
        client.entry().leave();
        client.left();
    }
}
