package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.stream.ClaudeStream;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.Session;
import jakarta.websocket.server.PathParam;
import jakarta.websocket.server.ServerEndpoint;
import java.nio.ByteBuffer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** {@code /v1/streams/{id}/socket}: a stream from its beginning or from where the client was, then live. One object for each socket. */
@ServerEndpoint(value = "/v1/streams/{id}/socket", configurator = SocketHandshake.class, subprotocols = SocketHandshake.PROTOCOL)
public class StreamSocket {

    private static final Logger LOG = Logger.getLogger(StreamSocket.class.getName());

    private final Sockets sockets = Sockets.find();
    private SocketClient client;
    private Control control;

    @OnOpen
    public void open(Session session, @PathParam("id") String id) {
        client = new SocketClient(session, sockets.writeTimeout(), sockets.watchdog());
        try {
            client.wantsEveryEvent();
            ClaudeStream stream = sockets.stream(id, client);
            int after = stream.positionAfter(client.parameter("after"));
            // Of a stream that has ended the end is told once more, so that each socket has one.
            int from = stream.endedAt().isPresent() ? Math.min(after, stream.eventCount() - 1) : after;
            control = new Control(client, stream::cancel);
            client.entry().run(() -> sockets.serve(client, stream, from));
        } catch (ClaudeException e) {
            client.entry().leave();
            client.refuse(e);
        } catch (RuntimeException e) {
            LOG.log(Level.SEVERE, "A socket could not be served", e);
            client.entry().leave();
            client.refuse(ClaudeException.of(ErrorType.API, "Internal server error"));
        }
    }

    @OnMessage
    public void received(String part, boolean isLast) {
        if (control != null) {
            control.received(part, isLast);
        }
    }

    @OnMessage
    public void received(ByteBuffer part, boolean isLast) {
        client.violated(ClaudeException.of(ErrorType.INVALID_REQUEST, "Messages have to be text"));
    }

    @OnClose
    public void closed() {
        if (client != null) {
            client.left();
        }
    }

    @OnError
    public void failed(Throwable failure) {
        LOG.log(Level.FINE, "A socket failed", failure);
    }
}
