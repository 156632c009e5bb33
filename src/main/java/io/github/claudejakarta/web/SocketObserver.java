package io.github.claudejakarta.web;

import jakarta.servlet.http.HttpServletRequest;

/** Receives a call for every WebSocket that is opened. All beans of this type are called. */
public interface SocketObserver {

    /**
     * Called on the request's thread, before the server switches protocols.
     *
     * @param served the request, which ends with the socket
     * @param route the route without ids, for example {@code /v1/streams/{id}/socket}
     * @return closed on the same thread, after the tasks that serve the socket have been created
     */
    Opening onOpen(HttpServletRequest request, ServedRequest served, String route);

    /** The phase in which a request becomes a socket. */
    interface Opening extends AutoCloseable {

        @Override
        void close();
    }
}
