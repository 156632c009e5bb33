package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import java.io.InputStream;

/** Handles the messages of one client over its socket. All methods are called by the thread that reads the socket. */
interface SocketProtocol {

    /** Begins the protocol. Called once, before anything is read. */
    void begin();

    /** Returns the stream to read next: the stream of the connection, or a wrapper of it. */
    default InputStream source(InputStream connection) {
        return connection;
    }

    /**
     * Called when a frame of a text message begins.
     *
     * @param bytes the length of the message so far, including the payload of this frame
     */
    default void announced(long bytes) {}

    /** Called for a part of a text message. Parts may split a character. The array is reused after the call. */
    void text(byte[] bytes, int offset, int length, boolean isLast);

    /** Ends the socket with an error, because of a message or because a message is missing. */
    void failed(ClaudeException why, CloseCode code);

    /** Ends the protocol, because the client has left or nothing more is read. Called once, last. */
    void end();
}
