package io.github.claudejakarta.server;

import java.io.IOException;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Finds connections that the peer has closed. It reads no byte, because the next bytes may be the peer's next request.
 *
 * <p>A channel can be registered with several selectors, therefore the server's own selector does not matter. A channel
 * that is readable without available bytes is at its end. Available bytes leave the question open: the
 * {@code close_notify} of TLS precedes the end, a pipelined request does not. In this case {@link TcpTable} decides. If
 * the system has no such table, the connection counts as open.
 */
final class ClosedConnections {

    private static final Logger LOG = Logger.getLogger(ClosedConnections.class.getName());

    private ClosedConnections() {}

    /**
     * Returns the sockets whose peer has sent FIN or RST. Does not block. Sockets without a non-blocking channel count
     * as open.
     */
    static Set<Socket> among(Collection<Socket> sockets) {
        var closed = new HashSet<Socket>();
        var unclear = new HashSet<Socket>();
        try (Selector selector = Selector.open()) {
            for (Socket socket : sockets) {
                register(socket, selector, closed);
            }
            selector.selectNow();
            for (SelectionKey key : selector.selectedKeys()) {
                var socket = (Socket) key.attachment();
                (isEmpty(socket) ? closed : unclear).add(socket);
            }
        } catch (IOException e) {
            LOG.log(Level.FINE, "Connections could not be checked", e);
        }
        closed.addAll(TcpTable.closedAmong(unclear));
        return closed;
    }

    private static void register(Socket socket, Selector selector, Set<Socket> closed) {
        SocketChannel channel = socket.getChannel();
        try {
            if (channel != null) {
                channel.register(selector, SelectionKey.OP_READ, socket);
            }
        } catch (ClosedChannelException e) {
            closed.add(socket);
        } catch (RuntimeException e) {
            // The channel is in blocking mode, or its provider is not the selector's.
            LOG.log(Level.FINE, "A connection could not be checked", e);
        }
    }

    private static boolean isEmpty(Socket socket) {
        try {
            return socket.getInputStream().available() == 0;
        } catch (IOException e) {
            LOG.log(Level.FINE, "A connection could not be checked", e);
            return false;
        }
    }
}
