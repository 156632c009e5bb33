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
 * Finds connections that the peer has closed, in silence, without reading a byte: the next bytes may be the peer's next
 * request.
 *
 * <p>A channel can be registered with several selectors, so the server's own selector does not matter. A channel that
 * is readable although no bytes are available is at its end. Available bytes may precede the end: a pipelined request
 * does not, the {@code close_notify} of TLS does. In this case {@link TcpTable} decides; where the system has no such
 * table, the connection counts as open.
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
            // It blocks, or belongs to another provider than the selector.
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
