package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.io.IOException;
import java.io.InputStream;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Reads one socket until it ends, on its own thread, because Liberty's non-blocking reads of upgraded connections lose
 * bytes over TLS. After an error it continues to read until the client closes: if a connection is closed with unread
 * bytes, the client may lose the error.
 */
final class SocketInput implements Runnable, FrameReader.Events {

    private static final Logger LOG = Logger.getLogger(SocketInput.class.getName());
    private static final int BUFFER = 8_192;

    private final SocketClient client;
    private final SocketProtocol protocol;
    private final InputStream connection;
    private final Runnable ended;
    private boolean isBroken;
    private boolean isClosed;

    /**
     * Creates the input of one client.
     *
     * @param ended runs when nothing more is read
     */
    SocketInput(SocketClient client, SocketProtocol protocol, InputStream connection, Runnable ended) {
        this.client = client;
        this.protocol = protocol;
        this.connection = connection;
        this.ended = ended;
    }

    @Override
    public void run() {
        try {
            runGuarded(protocol::begin);
            read();
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "A connection of a socket ended", e);
        } finally {
            try {
                if (isClosed) {
                    // Must be first: the serving thread closes with another code when it notices that the client has
                    // left.
                    client.close(CloseCode.NORMAL, "");
                }
                client.rejectIfStopping();
                protocol.end();
                client.close(CloseCode.GOING_AWAY, "");
            } finally {
                ended.run();
            }
        }
    }

    private void read() throws IOException {
        var frames = new FrameReader(this);
        byte[] buffer = new byte[BUFFER];
        while (!isClosed) {
            int count = next(buffer);
            if (count < 0) {
                return;
            }
            client.recordRead();
            if (!isBroken) {
                pass(frames, buffer, count);
            }
        }
    }

    private void pass(FrameReader frames, byte[] buffer, int count) {
        try {
            frames.read(buffer, 0, count);
        } catch (FrameException e) {
            isBroken = true;
            protocol.failed(ClaudeException.of(ErrorType.INVALID_REQUEST, e.getMessage()), e.code());
        }
    }

    /** Returns the number of bytes read, or -1 at the end. */
    private int next(byte[] buffer) throws IOException {
        try {
            return protocol.source(connection).read(buffer);
        } catch (ClaudeException e) {
            protocol.failed(e, CloseCode.of(e));
            return -1;
        }
    }

    /** Runs a step. Its failure ends this socket only. */
    private void runGuarded(Runnable step) {
        try {
            step.run();
        } catch (ClaudeException e) {
            protocol.failed(e, CloseCode.of(e));
        } catch (RuntimeException | Error e) {
            LOG.log(Level.SEVERE, "Could not handle a message of a socket", e);
            protocol.failed(ClaudeException.of(ErrorType.API, "Internal server error"), CloseCode.INTERNAL_ERROR);
        }
    }

    @Override
    public void announced(long bytes) {
        runGuarded(() -> protocol.announced(bytes));
    }

    @Override
    public void text(byte[] bytes, int offset, int length, boolean isLast) {
        runGuarded(() -> protocol.text(bytes, offset, length, isLast));
    }

    @Override
    public void binary() {
        protocol.failed(
                ClaudeException.of(ErrorType.INVALID_REQUEST, "The message is binary. Send a text message."),
                CloseCode.POLICY_VIOLATION);
    }

    @Override
    public void ping(byte[] payload) {
        try {
            client.pong(payload);
        } catch (IOException e) {
            LOG.log(Level.FINE, "A client left before its ping was answered", e);
        }
    }

    @Override
    public void closed() {
        isClosed = true;
    }
}
