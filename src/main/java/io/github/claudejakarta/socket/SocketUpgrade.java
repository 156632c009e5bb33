package io.github.claudejakarta.socket;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The connection of a socket after the switch from HTTP. The container creates it, and {@link #onOpen} sets the action
 * for the open connection.
 *
 * <p>It is a write listener, because Liberty keeps a connection open after {@link #init} only if it has a listener. The
 * non-blocking reads of Liberty are not used: over TLS they return bytes that the client did not send.
 */
public class SocketUpgrade implements HttpUpgradeHandler, WriteListener, FrameWriter.Sink {

    private static final Logger LOG = Logger.getLogger(SocketUpgrade.class.getName());
    private static final long RECHECK_MILLIS = 1_000;

    /** The action for an open connection. */
    interface Opening {
        void open(WebConnection connection) throws IOException;
    }

    private final Object changes = new Object();
    private Opening opening;
    private WebConnection connection;
    private ServletOutputStream out;
    private volatile boolean isClosed;

    void onOpen(Opening action) {
        opening = action;
    }

    @Override
    public void init(WebConnection opened) {
        connection = opened;
        try {
            out = opened.getOutputStream();
            out.setWriteListener(this);
            opening.open(opened);
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.WARNING, "A socket could not be opened", e);
            close();
        }
    }

    /** Writes and flushes the bytes. Blocks until the connection accepts them. */
    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        awaitReady();
        out.write(bytes, offset, length);
        awaitReady();
        out.flush();
    }

    private void awaitReady() throws IOException {
        synchronized (changes) {
            while (!isClosed && !out.isReady()) {
                try {
                    changes.wait(RECHECK_MILLIS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("The server stops", e);
                }
            }
        }
        if (isClosed) {
            throw new IOException("The connection is closed");
        }
    }

    @Override
    public void onWritePossible() {
        synchronized (changes) {
            changes.notifyAll();
        }
    }

    @Override
    public void onError(Throwable failure) {
        LOG.log(Level.FINE, "A connection of a socket failed", failure);
        destroy();
    }

    /** Closes the connection. A write that waits for it fails. */
    void close() {
        destroy();
        try {
            connection.close();
        } catch (Exception e) {
            LOG.log(Level.FINE, "A connection of a socket could not be closed", e);
        }
    }

    @Override
    public void destroy() {
        isClosed = true;
        onWritePossible();
    }
}
