package io.github.claudejakarta.web;

import jakarta.servlet.http.HttpServletRequest;

/** Is notified of every WebSocket that is opened. All beans of this type are notified. */
public interface SocketObserver {

    /**
     * Called on the request's thread, before the server switches protocols.
     *
     * @param served the request, which ends with the socket
     * @param route without ids, {@code /v1/streams/{id}/socket}
     * @return closed on the same thread, once the tasks that serve the socket have been made
     */
    Opening opens(HttpServletRequest request, ServedRequest served, String route);

    /** The time in which a request becomes a socket. */
    interface Opening extends AutoCloseable {

        @Override
        void close();
    }
}
