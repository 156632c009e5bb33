package io.github.claudejakarta.simulator;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** The connection of a client. Answers its requests one after the other, on the thread that runs it. */
final class HttpConnection implements Runnable {

    private static final Logger LOG = System.getLogger(HttpConnection.class.getName());

    private final Wire wire;
    private final Limits limits;
    private final Dispatcher dispatcher;

    HttpConnection(Wire wire, Limits limits, Dispatcher dispatcher) {
        this.wire = wire;
        this.limits = limits;
        this.dispatcher = dispatcher;
    }

    @Override
    public void run() {
        try (wire) {
            serve();
        } catch (IOException e) {
            LOG.log(
                    Level.DEBUG,
                    "A client closed the connection: {0}",
                    e.getClass().getName());
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "The simulator failed", e);
        }
    }

    private void serve() throws IOException {
        try {
            while (answerNext()) {
                // The next request follows.
            }
        } catch (ApiError unreadable) {
            dispatcher.reject(unreadable, new HttpResponse(wire, limits, true));
            wire.finish(limits.transfer());
        }
    }

    private boolean answerNext() throws IOException {
        wire.setTimeLimit(limits.idle());
        var requestLine = HttpRequest.readLine(wire.in());
        if (requestLine.isEmpty()) {
            return false;
        }
        wire.setTimeLimit(limits.transfer());
        var request = HttpRequest.read(requestLine.get(), wire.in(), limits);
        wire.removeTimeLimit();
        var response = new HttpResponse(wire, limits, request.isLast());
        dispatcher.answer(request, response);
        return !response.isLast();
    }

    boolean isOverdue() {
        return wire.isOverdue();
    }

    /** Ends the connection from another thread. */
    void close() {
        try {
            wire.close();
        } catch (IOException e) {
            LOG.log(
                    Level.DEBUG,
                    "A socket could not be closed: {0}",
                    e.getClass().getName());
        }
    }
}
