package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.io.IOException;
import java.io.InputStream;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Reads one socket until it ends, on a thread of its own, because Liberty's non-blocking reads of upgraded connections
 * lose bytes over TLS. After an error it goes on reading until the client closes: a connection that is closed with
 * unread bytes would take the error away from the client.
 */
final class SocketInput implements Runnable, FrameReader.Events {

    private static final Logger LOG = Logger.getLogger(SocketInput.class.getName());
    private static final int BUFFER = 8_192;

    private final SocketClient client;
    private final SocketProtocol conversation;
    private final InputStream connection;
    private final Runnable ended;
    private boolean isBroken;
    private boolean isClosed;

    /** @param ended runs when nothing more is read */
    SocketInput(SocketClient client, SocketProtocol conversation, InputStream connection, Runnable ended) {
        this.client = client;
        this.conversation = conversation;
        this.connection = connection;
        this.ended = ended;
    }

    @Override
    public void run() {
        try {
            guarded(conversation::begin);
            read();
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "A connection of a socket ended", e);
        } finally {
            try {
                if (isClosed) {
                    // Before the thread that serves the socket knows, which would close with a code of its own.
                    client.close(CloseCode.NORMAL, "");
                }
                client.refuseIfStopping();
                conversation.end();
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
            client.isHeard();
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
            conversation.failed(ClaudeException.of(ErrorType.INVALID_REQUEST, e.getMessage()), e.code());
        }
    }

    /** Returns how many bytes were read, -1 at the end. */
    private int next(byte[] buffer) throws IOException {
        try {
            return conversation.source(connection).read(buffer);
        } catch (ClaudeException e) {
            conversation.failed(e, CloseCode.of(e));
            return -1;
        }
    }

    /** What fails here harms this socket alone. */
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (ClaudeException e) {
            conversation.failed(e, CloseCode.of(e));
        } catch (RuntimeException | Error e) {
            LOG.log(Level.SEVERE, "A message over a socket could not be handled", e);
            conversation.failed(ClaudeException.of(ErrorType.API, "Internal server error"), CloseCode.INTERNAL_ERROR);
        }
    }

    @Override
    public void announced(long bytes) {
        guarded(() -> conversation.announced(bytes));
    }

    @Override
    public void text(byte[] bytes, int offset, int length, boolean isLast) {
        guarded(() -> conversation.text(bytes, offset, length, isLast));
    }

    @Override
    public void binary() {
        conversation.failed(
                ClaudeException.of(ErrorType.INVALID_REQUEST, "Messages have to be text"), CloseCode.POLICY_VIOLATION);
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
