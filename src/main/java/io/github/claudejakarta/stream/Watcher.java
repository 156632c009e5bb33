package io.github.claudejakarta.stream;

import java.io.IOException;

/** A client that counts as a watcher of a stream already, and gets its events when it is run. */
public interface Watcher {

    /**
     * Writes to the client until the stream has ended, on the calling thread.
     *
     * @throws IOException if the client left before
     */
    void run() throws IOException;

    /** The client watches no longer. To be called for one that is not run. */
    void leave();
}
