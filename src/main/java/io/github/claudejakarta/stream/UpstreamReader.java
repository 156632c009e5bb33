package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Reads the upstream into a log, on the threads of the log's readers.
 *
 * <p>A reader that has read all events reads the next ones from the upstream itself and appends them, if no other
 * reader does. The others wait for the log to grow. Therefore one client needs one thread and no hand-over. A slow
 * client never delays the reading, because it has not read all events.
 */
final class UpstreamReader {

    private enum State {
        /** No reader reads the upstream. */
        FREE,
        /** A reader waits for the upstream. */
        READING,
        /** The reader appends the events. It signals when it has finished. */
        APPENDING
    }

    private final StreamLog log;
    private final Runnable whenDone;
    private final ChangeSignal changes = new ChangeSignal();
    private final AtomicReference<State> state = new AtomicReference<>(State.FREE);
    private final AtomicReference<EventSource> source = new AtomicReference<>();
    private final AtomicBoolean isDone = new AtomicBoolean();

    /**
     * Creates a reader of a log without an upstream.
     *
     * @param whenDone runs once, after the log has ended and the upstream is closed; see {@link #finishIfEnded}
     */
    UpstreamReader(StreamLog log, Runnable whenDone) {
        this.log = log;
        this.whenDone = whenDone;
        log.addListener(this::onAppend);
    }

    StreamLog log() {
        return log;
    }

    /** Returns the signal for threads that wait for the log to grow or the upstream to be free. */
    ChangeSignal changes() {
        return changes;
    }

    /** Sets the upstream. If the log has ended, the upstream is closed. */
    void readFrom(EventSource upstream) {
        source.set(upstream);
        changes.signal();
        finishIfEnded();
    }

    /** Returns whether there is an upstream that no reader reads. */
    boolean isFree() {
        return state.get() == State.FREE && source.get() != null;
    }

    /**
     * Reads the next events from the upstream and appends them to the log, for a reader that has polled all events
     * before a position.
     *
     * @return whether the log has more events than the reader has seen; false if another reader reads, or without an
     *     upstream
     */
    boolean readAfter(int position) {
        EventSource upstream = source.get();
        if (upstream == null || !state.compareAndSet(State.FREE, State.READING)) {
            return false;
        }
        try {
            // Another reader may have appended between this reader's poll and its turn.
            if (!log.isEnded() && log.size() <= position) {
                List<ServerSentEvent> events = upstream.read();
                state.set(State.APPENDING);
                log.append(events);
            }
            return true;
        } finally {
            // Also after an Error, because otherwise no other reader could ever read.
            state.set(State.FREE);
            changes.signal();
        }
    }

    /**
     * Signals an append of another class, or the end. The reading thread signals its own appends when the upstream is
     * free again. It does not signal the end of the log here: applications are notified of the end first, which may
     * take a while.
     */
    private void onAppend() {
        if (state.get() != State.APPENDING || log.isEnded()) {
            changes.signal();
        }
    }

    /**
     * Closes the upstream of a log that has ended, and reports the end once. Readers that find the log ended call it.
     * The reader that appended the terminal event does not, because its client gets that event first.
     */
    void finishIfEnded() {
        if (!log.isEnded()) {
            return;
        }
        EventSource done = source.getAndSet(null);
        if (done != null) {
            done.close();
        }
        if (isDone.compareAndSet(false, true)) {
            whenDone.run();
        }
    }
}
