package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Reads the upstream into a log, on the threads of the log's readers.
 *
 * <p>A reader that has caught up, and finds no other at it, reads the next events itself and appends them, while the
 * others wait for the log to grow. So one client means one thread and no hand-over, and a slow client never holds the
 * reading, because it has not caught up.
 */
final class UpstreamReader {

    private enum State {
        /** Nobody reads. */
        FREE,
        /** A reader waits for the upstream. */
        READING,
        /** The reader appends what it has read. It signals when it has done so. */
        APPENDING
    }

    private final StreamLog log;
    private final Runnable whenDone;
    private final ChangeSignal waiters = new ChangeSignal();
    private final AtomicReference<State> state = new AtomicReference<>(State.FREE);
    private final AtomicReference<EventSource> source = new AtomicReference<>();
    private final AtomicBoolean isDone = new AtomicBoolean();

    /** @param whenDone runs once, after the log has ended and the upstream is closed; see {@link #finishIfEnded} */
    UpstreamReader(StreamLog log, Runnable whenDone) {
        this.log = log;
        this.whenDone = whenDone;
        log.onMore(this::more);
    }

    StreamLog log() {
        return log;
    }

    /** Threads that wait for the log to grow, or for the upstream to be free. */
    ChangeSignal waiters() {
        return waiters;
    }

    /** Sets the upstream. From now on there is something to read; if the log has ended, the upstream is closed. */
    void readFrom(EventSource upstream) {
        source.set(upstream);
        waiters.signal();
        finishIfEnded();
    }

    /** Whether there is an upstream that nobody reads. */
    boolean isFree() {
        return state.get() == State.FREE && source.get() != null;
    }

    /**
     * Reads the next events from the upstream and appends them to the log, for a reader that has polled all events
     * before a position.
     *
     * @return whether the log has more now than the reader has seen; false where another reader is at it, and where
     *     there is no upstream
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
            // Also after an Error: otherwise no other reader would ever read.
            state.set(State.FREE);
            waiters.signal();
        }
    }

    /**
     * The thread that reads signals once, when the log has grown and the upstream is free. Not at the end: it is
     * reported to applications before that, and an application may take its time.
     */
    private void more() {
        if (state.get() != State.APPENDING || log.isEnded()) {
            waiters.signal();
        }
    }

    /**
     * Closes the upstream of a log that has ended, and reports the end once. Called by readers that find the log ended,
     * and not by the reader that appended the terminal event: its client gets that event first.
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
