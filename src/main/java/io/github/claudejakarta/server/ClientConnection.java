package io.github.claudejakarta.server;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.Socket;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The network connection of a request. It has two functions for which Jakarta EE has no API: it ends a connection while
 * a write is blocked, and it detects that the client has closed the connection while nothing is written. On Liberty
 * only its own {@code writeTimeout} ends a blocked write; an interrupt does not. Liberty does not read from a
 * connection while it processes a request.
 *
 * <p>{@link ApplicationServer#socket} finds the socket of the request. Without a socket, and over HTTP/2, these
 * functions have no effect: the server's timeout closes the connection later.
 */
public final class ClientConnection {

    /** A connection whose socket is unknown. */
    public static final ClientConnection UNKNOWN = new ClientConnection(null);

    private static final Logger LOG = Logger.getLogger(ClientConnection.class.getName());

    /** The request to find the socket of; null if the socket is known already, or cannot be found. */
    private final ServletRequest request;
    /** Null until it is found. It is stored, because the server reuses its request objects. */
    private volatile Socket socket;

    private ClientConnection(ServletRequest request) {
        this(request, null);
    }

    private ClientConnection(ServletRequest request, Socket socket) {
        this.request = request;
        this.socket = socket;
    }

    /**
     * Returns the connection of a request that is about to be upgraded. It can be cut at any later time.
     *
     * @param request a request that is not upgraded yet, on the thread that serves it
     * @return {@link #UNKNOWN} if the socket cannot be found
     */
    public static ClientConnection ofUpgrade(ServletRequest request) {
        return ofBody(request)
                .socket()
                .map(socket -> new ClientConnection(null, socket))
                .orElse(UNKNOWN);
    }

    /**
     * Returns the connection of a request whose body has to be read.
     *
     * @param request on the thread that serves it
     */
    public static ClientConnection ofBody(ServletRequest request) {
        ServletRequest own = request;
        while (own instanceof ServletRequestWrapper wrapper) {
            own = wrapper.getRequest();
        }
        return own.getProtocol().startsWith("HTTP/1") ? new ClientConnection(own) : UNKNOWN;
    }

    /**
     * Returns the connection of an asynchronous request; {@link #UNKNOWN} if asynchronous processing has not begun.
     *
     * @param request on the thread that serves it
     */
    public static ClientConnection of(HttpServletRequest request) {
        if (!request.isAsyncStarted() || !request.getProtocol().startsWith("HTTP/1")) {
            return UNKNOWN;
        }
        ServletRequest own = request.getAsyncContext().getRequest();
        while (own instanceof ServletRequestWrapper wrapper) {
            own = wrapper.getRequest();
        }
        return new ClientConnection(own);
    }

    /**
     * Ends the connection in both directions, also while a write is blocked, and makes the server close it. Must be
     * called while the request is being answered.
     *
     * @return whether the connection has ended; otherwise the server's timeout ends it later
     */
    public boolean cut() {
        return onSocket(ClientConnection::end);
    }

    /**
     * Shuts the socket down in both directions, and does not close it. Liberty waits with a selector until it can write
     * to a socket, and a selector silently drops a closed socket: the writing thread would wait until Liberty's own
     * timeout. A write to a socket whose output is shut down fails immediately.
     */
    private static void end(Socket socket) throws IOException {
        try {
            socket.shutdownOutput();
        } finally {
            socket.shutdownInput();
        }
    }

    /**
     * Ends reads of the request's body, as if the client sent nothing more. The response can still reach the client.
     *
     * @return whether reads end; otherwise the server's timeout ends them later
     */
    public boolean endInput() {
        return onSocket(Socket::shutdownInput);
    }

    /**
     * Finds the connections that their clients have closed, in one direction (FIN) or both (RST). Must be called while
     * their requests are processed. Reads no byte and does not block. On Linux the result is exact, except that Linux
     * may miss a connection in its table: only a second result in a row is certain. On other systems a connection
     * counts as open if the client sent bytes before it closed, such as the {@code close_notify} of TLS.
     *
     * @return the closed connections; connections whose socket was not found count as open
     */
    public static Set<ClientConnection> closedAmong(Set<ClientConnection> connections) {
        var sockets = new HashMap<ClientConnection, Socket>();
        connections.forEach(connection -> connection.onSocket(socket -> sockets.put(connection, socket)));
        Set<Socket> closed = ClosedConnections.among(sockets.values());
        var found = new HashSet<ClientConnection>();
        for (Map.Entry<ClientConnection, Socket> entry : sockets.entrySet()) {
            if (closed.contains(entry.getValue())) {
                found.add(entry.getKey());
            }
        }
        return found;
    }

    private interface SocketAction {
        void run(Socket socket) throws IOException;
    }

    private boolean onSocket(SocketAction action) {
        Optional<Socket> found = socket();
        if (found.isEmpty()) {
            return false;
        }
        try {
            action.run(found.get());
            return true;
        } catch (RuntimeException | IOException e) {
            LOG.log(Level.FINE, "A connection could not be ended: the server's timeout ends it", e);
            return false;
        }
    }

    private Optional<Socket> socket() {
        if (socket == null && request != null) {
            socket = ApplicationServer.current().socket(request).orElse(null);
        }
        return Optional.ofNullable(socket);
    }
}
