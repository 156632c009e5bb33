package io.github.claudejakarta.socket;

import jakarta.websocket.server.ServerEndpointConfig;
import java.util.List;

/** Of the subprotocols that a client offers it takes {@value #PROTOCOL}: a browser that offers some, to send a key, wants one taken. */
public class SocketHandshake extends ServerEndpointConfig.Configurator {

    static final String PROTOCOL = "claude";

    @Override
    public String getNegotiatedSubprotocol(List<String> supported, List<String> requested) {
        return requested.contains(PROTOCOL) ? PROTOCOL : "";
    }

    /** The servlet filter has looked at it, and could say why not. */
    @Override
    public boolean checkOrigin(String origin) {
        return true;
    }
}
