package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.List;

/**
 * Joins several answers of Claude into one stream. When the events of an answer are in the log, the answer returns what
 * follows: another answer, or the event that ends the stream.
 */
final class AnswerSequence implements EventSource {

    /** One answer. It is read by one thread at a time, and may be closed by another. */
    interface Answer {

        /**
         * Blocks until events arrive. Never fails.
         *
         * @return events for the log; may be empty. A terminal event among them ends the stream with this answer
         */
        List<ServerSentEvent> read();

        /** Returns whether the answer has no more events and has not ended the stream. */
        boolean hasEnded();

        /**
         * Decides what follows an answer without more events. Its events are in the log, and it is closed. May block.
         */
        Next next();

        /** Releases the connection. May be called more than once. */
        void close();
    }

    /** The continuation of a stream after an answer. */
    sealed interface Next {

        /** Another answer follows. */
        record Another(Answer answer) implements Next {}

        /** The stream ends with this event. */
        record End(ServerSentEvent terminal) implements Next {}
    }

    private final Runnable whenClosed;
    /** Replaced by the reading thread, and closed by the thread that ends the stream, possibly at the same time. */
    private volatile Answer current;

    private volatile boolean isClosed;

    /**
     * Creates the sequence.
     *
     * @param whenClosed runs when the stream has ended, and no other answer is requested
     */
    AnswerSequence(Answer first, Runnable whenClosed) {
        this.current = first;
        this.whenClosed = whenClosed;
    }

    @Override
    public List<ServerSentEvent> read() {
        while (true) {
            Answer answer = current;
            if (answer.hasEnded()) {
                answer.close();
                Next next = answer.next();
                if (next instanceof Next.End end) {
                    return List.of(end.terminal());
                }
                continueWith(((Next.Another) next).answer());
            } else {
                List<ServerSentEvent> events = answer.read();
                if (!events.isEmpty()) {
                    return events;
                }
            }
        }
    }

    private void continueWith(Answer next) {
        current = next;
        if (isClosed) {
            // The stream ended while the answer was requested.
            next.close();
        }
    }

    @Override
    public void close() {
        isClosed = true;
        current.close();
        whenClosed.run();
    }
}
