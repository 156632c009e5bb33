package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** The events of a stream, typed, for a thread that waits for each. */
final class EventIterator implements Iterator<StreamEvent> {

    private final BlockingReader reader;
    private Iterator<ServerSentEvent> batch = List.<ServerSentEvent>of().iterator();

    EventIterator(BlockingReader reader) {
        this.reader = reader;
    }

    @Override
    public boolean hasNext() {
        if (!batch.hasNext()) {
            try {
                batch = reader.next().events().iterator();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw ClaudeException.of(ErrorType.API, "Interrupted while waiting for Claude")
                        .withCause(e);
            }
        }
        return batch.hasNext();
    }

    @Override
    public StreamEvent next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        ServerSentEvent event = batch.next();
        return StreamEvent.of(event.name(), event.data());
    }
}
