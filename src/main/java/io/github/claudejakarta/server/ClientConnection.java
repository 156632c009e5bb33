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
 * The connection that a request came over, for what Jakarta EE has no API for: cutting it off while a write to it is
 * stuck, and noticing that the client has closed it while nothing is written. Nothing else ends such a write on
 * Liberty, interrupts included, before its own {@code writeTimeout}, and Liberty does not read from a connection while
 * it processes a request.
 *
 * <p>The server is asked for the socket of the request ({@link ApplicationServer#socket}). Where it has none, and over
 * HTTP/2, nothing happens and nothing is noticed, and the server's time-out closes the connection later.
 */
public final class ClientConnection {

    /** Of a client that is known by its sink alone. */
    public static final ClientConnection UNKNOWN = new ClientConnection(null);

    private static final Logger LOG = Logger.getLogger(ClientConnection.class.getName());

    /** Found when it is needed; null where there is none. */
    private final ServletRequest request;
    /** Found before; null where it was not. It is kept, because the server uses its request objects again. */
    private volatile Socket socket;

    private ClientConnection(ServletRequest request) {
        this(request, null);
    }

    private ClientConnection(ServletRequest request, Socket socket) {
        this.request = request;
        this.socket = socket;
    }

    /**
     * Returns the connection of a request that is about to be upgraded. It can be cut at any time later.
     *
     * @param request that is not upgraded yet; to be called on its own thread
     * @return {@link #UNKNOWN} if the server has no way to the socket
     */
    public static ClientConnection ofUpgrade(ServletRequest request) {
        return ofBody(request)
                .found()
                .map(socket -> new ClientConnection(null, socket))
                .orElse(UNKNOWN);
    }

    /** @param request whose body is to be read, on its own thread */
    public static ClientConnection ofBody(ServletRequest request) {
        ServletRequest own = request;
        while (own instanceof ServletRequestWrapper wrapper) {
            own = wrapper.getRequest();
        }
        return own.getProtocol().startsWith("HTTP/1") ? new ClientConnection(own) : UNKNOWN;
    }

    /** @param request for which asynchronous processing has begun; to be called on its own thread */
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
     * Ends it in both directions, whatever is being written, and has the server close it. To be called while the
     * request is being answered.
     *
     * @return whether it is ended; otherwise the server's time-out does it later
     */
    public boolean cut() {
        return onSocket(ClientConnection::end);
    }

    /**
     * Not closed: Liberty waits for a socket that it can write to by a selector, which forgets one that is closed
     * without a word, and the thread in the write would stay there until Liberty's own time-out. A socket whose output
     * is shut down can be written to at once, which fails.
     */
    private static void end(Socket socket) throws IOException {
        try {
            socket.shutdownOutput();
        } finally {
            socket.shutdownInput();
        }
    }

    /**
     * Has a read of the request's body end, as if the client sent nothing more; what is answered can still reach it.
     *
     * @return whether it does; otherwise the server's time-out does it later
     */
    public boolean endInput() {
        return onSocket(Socket::shutdownInput);
    }

    /**
     * Finds the connections that their clients have closed, in one direction (FIN) or both (RST). To be called while
     * their requests are processed; reads no byte and does not block. On Linux the result is exact. Elsewhere a client
     * counts as present if it sent bytes before it closed, as the {@code close_notify} of TLS. Because Linux may miss a
     * connection in its table, only a second result in a row is certain.
     *
     * @return those of the connections; connections whose socket was not found count as open
     */
    public static Set<ClientConnection> closedAmong(Set<ClientConnection> connections) {
        var sockets = new HashMap<ClientConnection, Socket>();
        connections.forEach(connection -> connection.onSocket(socket -> sockets.put(connection, socket)));
        Set<Socket> closed = ClosedConnections.among(sockets.values());
        var found = new HashSet<ClientConnection>();
        for (Map.Entry<ClientConnection, Socket> one : sockets.entrySet()) {
            if (closed.contains(one.getValue())) {
                found.add(one.getKey());
            }
        }
        return found;
    }

    private interface OnSocket {
        void on(Socket socket) throws IOException;
    }

    private boolean onSocket(OnSocket action) {
        Optional<Socket> found = found();
        if (found.isEmpty()) {
            return false;
        }
        try {
            action.on(found.get());
            return true;
        } catch (RuntimeException | IOException e) {
            LOG.log(Level.FINE, "A connection is left to the server's own time-out", e);
            return false;
        }
    }

    private Optional<Socket> found() {
        if (socket == null && request != null) {
            socket = ApplicationServer.current().socket(request).orElse(null);
        }
        return Optional.ofNullable(socket);
    }
}
