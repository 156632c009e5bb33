package io.github.claudejakarta.stream;

import java.io.IOException;

/** A client that already counts as a watcher of a stream, and gets its events when it runs. */
public interface Watcher {

    /**
     * Writes to the client until the stream has ended, on the calling thread.
     *
     * @throws IOException if the client leaves before the end
     */
    void run() throws IOException;

    /** Removes the client. Called for a watcher that does not run. */
    void leave();
}
