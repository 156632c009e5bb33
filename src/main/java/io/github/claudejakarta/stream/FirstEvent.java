package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.StreamEvent;
import java.util.function.Supplier;

/**
 * The wait of a client for the first event of a stream, which decides whether the response is the stream or an error.
 */
public final class FirstEvent {

    private final BlockingReader reader;
    private final Supplier<ErrorKind> kind;

    /**
     * Creates a wait.
     *
     * @param kind returns the kind of the failure that ended the stream, once an {@code error} event was read
     */
    FirstEvent(BlockingReader reader, Supplier<ErrorKind> kind) {
        this.reader = reader;
        this.kind = kind;
    }

    /**
     * Waits for the first event, or until {@link #stopWaiting}.
     *
     * @throws ClaudeException if the first event is an error, so that the message never began
     */
    public void await() {
        var events = new EventIterator(reader, kind);
        if (events.hasNext() && events.next() instanceof StreamEvent.Error error) {
            throw error.exception();
        }
    }

    /** Ends the wait, because the client has left. */
    public void stopWaiting() {
        reader.close();
    }
}
