package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Supplier;

/** Iterates over the typed events of a stream, and waits for each. */
final class EventIterator implements Iterator<StreamEvent> {

    private final BlockingReader reader;
    private final Supplier<ErrorKind> kind;
    private Iterator<ServerSentEvent> batch = List.<ServerSentEvent>of().iterator();

    /**
     * Creates an iterator.
     *
     * @param kind returns the kind of the failure that ended the stream, once an {@code error} event was read
     */
    EventIterator(BlockingReader reader, Supplier<ErrorKind> kind) {
        this.reader = reader;
        this.kind = kind;
    }

    @Override
    public boolean hasNext() {
        if (!batch.hasNext()) {
            try {
                batch = reader.next().events().iterator();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw ClaudeException.of(ErrorKind.CANCELED, ErrorType.API, "Interrupted while waiting for Claude")
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
        StreamEvent typed = StreamEvent.of(event.name(), event.data());
        return typed instanceof StreamEvent.Error error ? error.withKind(kind.get()) : typed;
    }
}
