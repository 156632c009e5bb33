package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import java.io.InputStream;

/** What a client says over one socket. All methods are called by the thread that reads the socket. */
interface SocketProtocol {

    /** Called once, before anything is read. */
    void begin();

    /** Returns the stream to read next from: the connection's own, or one around it. */
    default InputStream source(InputStream connection) {
        return connection;
    }

    /**
     * A frame of a text message begins.
     *
     * @param bytes length of the message so far, this frame's payload included
     */
    default void announced(long bytes) {}

    /** Part of a text message; characters may be cut in two. The array is reused after the call. */
    void text(byte[] bytes, int offset, int length, boolean isLast);

    /** What the client sent, or did not send, ends the socket. */
    void failed(ClaudeException why, CloseCode code);

    /** The client has left, or is no longer listened to. Called once, last. */
    void end();
}
