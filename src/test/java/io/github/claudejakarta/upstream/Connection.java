package io.github.claudejakarta.upstream;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;

/** One connection of a client, and its requests one after the other. */
final class Connection implements Runnable {

    private final ScriptedUpstream upstream;
    private final ExecutorService scripts;
    private final Socket socket;
    private final int number;

    Connection(ScriptedUpstream upstream, ExecutorService scripts, Socket socket, int number) {
        this.upstream = upstream;
        this.scripts = scripts;
        this.socket = socket;
        this.number = number;
    }

    @Override
    public void run() {
        try (socket) {
            socket.setTcpNoDelay(true);
            var in = new BufferedInputStream(socket.getInputStream());
            var request = ReceivedRequest.read(in, number);
            while (request.isPresent() && answer(request.get(), in)) {
                request = ReceivedRequest.read(in, number);
            }
        } catch (IOException e) {
            // The client or close() ended the connection.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            upstream.ended(this);
        }
    }

    void close() throws IOException {
        socket.close();
    }

    /** Answers a request. Returns whether another request may follow. */
    private boolean answer(ReceivedRequest request, InputStream in) throws IOException, InterruptedException {
        var script = upstream.scriptFor(request);
        var played = scripts.submit(() -> {
            new Answer(socket, request.clientGone()).play(script);
            return null;
        });
        if (clientLeaves(in)) {
            if (!socket.isClosed()) { // The client closed the connection, and not close().
                request.clientGone().complete(Instant.now());
            }
            return false;
        }
        try {
            played.get();
            return !socket.isClosed();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    /**
     * Waits for the client's next action. Returns true if it closes the connection, and false if it sends another
     * request.
     */
    private static boolean clientLeaves(InputStream in) {
        try {
            in.mark(1);
            if (in.read() == -1) {
                return true;
            }
            in.reset();
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
