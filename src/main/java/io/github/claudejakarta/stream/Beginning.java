package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.StreamEvent;

/** A client's wait for the first event of a stream: whether it is answered with the stream, or with an error. */
public final class Beginning {

    private final BlockingReader reader;

    Beginning(BlockingReader reader) {
        this.reader = reader;
    }

    /**
     * Waits for the first event, or until {@link #stopWaiting}.
     *
     * @throws ClaudeException if the first event is an error: the message never began
     */
    public void await() {
        var events = new EventIterator(reader);
        if (events.hasNext() && events.next() instanceof StreamEvent.Error error) {
            throw error.exception();
        }
    }

    /** Ends the wait, because the client has left. */
    public void stopWaiting() {
        reader.close();
    }
}
