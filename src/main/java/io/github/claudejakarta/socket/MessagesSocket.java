package io.github.claudejakarta.socket;

import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;
import java.nio.ByteBuffer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** {@code /v1/messages/socket}: a question, and the stream of its answer. One object for each socket. */
@ServerEndpoint(value = "/v1/messages/socket", configurator = SocketHandshake.class, subprotocols = SocketHandshake.PROTOCOL)
public class MessagesSocket {

    private static final Logger LOG = Logger.getLogger(MessagesSocket.class.getName());

    private final Sockets sockets = Sockets.find();
    private Question question;

    @OnOpen
    public void open(Session session) {
        question = new Question(sockets, new SocketClient(session, sockets.writeTimeout(), sockets.watchdog()));
    }

    @OnMessage
    public void received(String part, boolean isLast) {
        question.received(part, isLast);
    }

    @OnMessage
    public void received(ByteBuffer part, boolean isLast) {
        question.receivedBinary();
    }

    @OnClose
    public void closed() {
        if (question != null) {
            question.left();
        }
    }

    @OnError
    public void failed(Throwable failure) {
        LOG.log(Level.FINE, "A socket failed", failure);
    }
}
