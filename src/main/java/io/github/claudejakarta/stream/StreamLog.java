package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The events of one stream, in order, from sequence number 0. The log ends with exactly one terminal event. A reader
 * needs only a {@link StreamCursor}.
 *
 * <p>The log never waits. A reader polls. A reader that has polled all events is called when more arrive, or waits with
 * a {@link BlockingReader}. An {@link UpstreamReader} or any other class appends the events.
 *
 * <p>Safe for use by many threads. One thread at a time appends, in the order of the events. Any thread may end the
 * log.
 */
final class StreamLog {

    private static final Logger LOG = Logger.getLogger(StreamLog.class.getName());

    private final ReentrantLock lock = new ReentrantLock();
    private final Clock clock;
    private final LongConsumer onBytesChanged;
    /** Replaced as a whole and never changed, so that an append needs neither a lock nor an iterator. */
    private volatile Runnable[] listeners = {};

    private final LogSegment first = LogSegment.first();
    private LogSegment last = first;
    private long bytes = first.capacity();
    private long length;
    private boolean isReleased;
    /** Written under the lock and in this order: a reader that sees the end sees all events before it. */
    private volatile int size;

    private volatile Instant endedAt;
    private volatile ServerSentEvent terminal;

    /**
     * Creates an empty log.
     *
     * @param onBytesChanged called with the change of the stored bytes, positive or negative, while no lock is held
     */
    StreamLog(Clock clock, LongConsumer onBytesChanged) {
        this.clock = clock;
        this.onBytesChanged = onBytesChanged;
    }

    /**
     * Appends events. The last event may be terminal, and ends the log. It has no effect on a log that has ended.
     *
     * @param events at least one; only the last may be terminal
     */
    void append(List<ServerSentEvent> events) {
        long added;
        lock.lock();
        try {
            if (terminal != null) {
                return;
            }
            long before = bytes;
            add(events);
            ServerSentEvent latest = events.get(events.size() - 1);
            boolean isEnd = Terminal.is(latest);
            if (isEnd) {
                bytes -= last.capacity();
                last.trim();
                bytes += last.capacity();
            }
            size = last.end();
            if (isEnd) {
                endedAt = clock.instant();
                terminal = latest;
            }
            added = bytes - before;
        } finally {
            lock.unlock();
        }
        callListeners();
        if (added != 0) {
            onBytesChanged.accept(added);
        }
    }

    private void add(List<ServerSentEvent> events) {
        for (ServerSentEvent event : events) {
            length += event.size();
            LogSegment segment = last.add(event);
            if (segment != last) {
                bytes += segment.capacity();
                last = segment;
            }
        }
    }

    /** Ends the log with a terminal event. It has no effect on a log that has ended. Later appends are ignored. */
    void end(ServerSentEvent terminal) {
        append(List.of(terminal));
    }

    /**
     * Returns the events after a sequence number, and never waits. A reader that continues uses a {@link StreamCursor},
     * which remembers its position.
     *
     * @param sequence the number of the last event that the reader has received; -1 for none
     * @return empty if the log has no more events yet, or has ended ({@link EventRun#endsLog}). One run contains events
     *     of one segment only, so more may follow
     */
    EventRun readAfter(int sequence) {
        return new StreamCursor(this, sequence + 1).poll();
    }

    /** Moves a cursor over the available events. */
    EventRun read(StreamCursor cursor) {
        lock.lock();
        try {
            return cursor.advance(terminal != null);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Registers a listener, which is called after each append and after the end, on the appending thread, while no lock
     * is held. It must not block, and must poll again. Several appends may cause one call, and an earlier poll may have
     * returned the events already. A reader that first registers and then polls misses nothing.
     */
    void addListener(Runnable listener) {
        lock.lock();
        try {
            Runnable[] more = Arrays.copyOf(listeners, listeners.length + 1);
            more[listeners.length] = listener;
            listeners = more;
        } finally {
            lock.unlock();
        }
    }

    /** Removes a listener. A call that is in progress may still arrive. */
    void removeListener(Runnable listener) {
        lock.lock();
        try {
            listeners = Arrays.stream(listeners).filter(one -> one != listener).toArray(Runnable[]::new);
        } finally {
            lock.unlock();
        }
    }

    private void callListeners() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException | Error e) {
                LOG.log(Level.WARNING, "A listener for new events of a stream failed", e);
            }
        }
    }

    /** Replaces the bytes of each segment with compressed bytes. It has no effect on a log that was released. */
    void replaceBy(List<byte[]> segments) {
        long before;
        long after = 0;
        lock.lock();
        try {
            if (isReleased) {
                return;
            }
            before = bytes;
            LogSegment segment = first;
            for (byte[] part : segments) {
                segment.replaceBy(part);
                after += part.length;
                segment = segment.next();
            }
            bytes = after;
        } finally {
            lock.unlock();
        }
        onBytesChanged.accept(after - before);
    }

    /** Marks the log as removed. Returns its bytes, and reports no more changes. */
    long release() {
        lock.lock();
        try {
            isReleased = true;
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /** Returns all events so far. */
    List<ServerSentEvent> events() {
        var events = new ArrayList<ServerSentEvent>();
        forEach(events::add);
        return events;
    }

    /**
     * Passes all events so far to a consumer. They are inflated segment by segment, so that they are not in memory
     * together.
     */
    void forEach(Consumer<ServerSentEvent> consumer) {
        var cursor = new StreamCursor(this, 0);
        for (EventRun run = cursor.poll(); !run.isEmpty(); run = cursor.poll()) {
            run.events().forEach(consumer);
        }
    }

    /** Returns the available events from one sequence number (inclusive) to another (exclusive). */
    List<ServerSentEvent> events(int from, int to) {
        var events = new ArrayList<ServerSentEvent>();
        for (EventRun run = readAfter(from - 1);
                !run.isEmpty() && run.sequence() < to;
                run = readAfter(run.next() - 1)) {
            events.addAll(run.events());
        }
        return events.subList(0, Math.max(0, Math.min(events.size(), to - from)));
    }

    LogSegment first() {
        return first;
    }

    /** Returns the number of events. */
    int size() {
        return size;
    }

    /** Returns the bytes of all events, as they were received. */
    long length() {
        lock.lock();
        try {
            return length;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the memory of all events in bytes. */
    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the time of the end; empty while the log grows. */
    Optional<Instant> endedAt() {
        return Optional.ofNullable(endedAt);
    }

    /** Returns the terminal event; empty while the log grows. */
    Optional<ServerSentEvent> terminal() {
        return Optional.ofNullable(terminal);
    }

    boolean isEnded() {
        return terminal != null;
    }
}
