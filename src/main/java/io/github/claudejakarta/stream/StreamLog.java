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
 * The events of one stream, in order, from sequence number 0. A reader holds only a {@link StreamCursor} over it. The
 * log ends with exactly one terminal event.
 *
 * <p>Nothing here waits. A reader polls; a reader that has polled everything is called when there is more, or waits
 * with a {@link BlockingReader}. Where the events come from is not the log's matter: an {@link UpstreamReader} appends
 * them, or whatever else receives them.
 *
 * <p>Safe for use by many threads. Appends come from one thread at a time, in the order of the events; the end may come
 * from any.
 */
final class StreamLog {

    private static final Logger LOG = Logger.getLogger(StreamLog.class.getName());

    private final ReentrantLock lock = new ReentrantLock();
    private final Clock clock;
    private final LongConsumer kept;
    /** Never changed but replaced, so that an append needs neither a lock nor an iterator. */
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

    /** @param kept called with how many bytes more, or less, are kept; never while a lock is held */
    StreamLog(Clock clock, LongConsumer kept) {
        this.clock = clock;
        this.kept = kept;
    }

    /**
     * Appends events. The last one may be terminal, and ends the log. Does nothing where the log has ended.
     *
     * @param events at least one; none but the last is terminal
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
            kept.accept(added);
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

    /** Ends the log with a terminal event. Does nothing where it has ended. What is appended later is ignored. */
    void end(ServerSentEvent terminal) {
        append(List.of(terminal));
    }

    /**
     * Returns the events after a sequence number, and never waits. A reader that continues uses a {@link StreamCursor},
     * which remembers its place.
     *
     * @param sequence of the last event that the reader has had; -1 for none
     * @return empty where the log has no more so far, or has ended ({@link EventRun#endsLog}). One run holds the events
     *     of one segment, so there may be more behind it
     */
    EventRun readAfter(int sequence) {
        return new StreamCursor(this, sequence + 1).poll();
    }

    /** Moves a cursor over what there is. */
    EventRun read(StreamCursor cursor) {
        lock.lock();
        try {
            return cursor.advance(terminal != null);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has a listener called after each append and after the end, on the thread that appends, while no lock is held. It
     * must not block, and polls again: several appends may be one call, and the poll before a call may have had the
     * events already. A reader that registers and then polls misses nothing.
     */
    void onMore(Runnable listener) {
        lock.lock();
        try {
            Runnable[] more = Arrays.copyOf(listeners, listeners.length + 1);
            more[listeners.length] = listener;
            listeners = more;
        } finally {
            lock.unlock();
        }
    }

    /** Calls a listener no more. A call that is under way may still come. */
    void forget(Runnable listener) {
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
                LOG.log(Level.WARNING, "A reader of a stream failed when there were new events", e);
            }
        }
    }

    /** Replaces the bytes of each segment by others that mean the same. Does nothing for a log that was released. */
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
        kept.accept(after - before);
    }

    /** The log is kept no longer. Returns the bytes it has, and reports no more changes of them. */
    long release() {
        lock.lock();
        try {
            isReleased = true;
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /** All events so far. */
    List<ServerSentEvent> events() {
        var events = new ArrayList<ServerSentEvent>();
        forEach(events::add);
        return events;
    }

    /** Passes on all events so far. They are inflated piece by piece, so that they need not be in memory together. */
    void forEach(Consumer<ServerSentEvent> consumer) {
        var cursor = new StreamCursor(this, 0);
        for (EventRun run = cursor.poll(); !run.isEmpty(); run = cursor.poll()) {
            run.events().forEach(consumer);
        }
    }

    /** The events from one sequence number to before another that are there already. */
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

    /** How many events it has. */
    int size() {
        return size;
    }

    /** Bytes of all events, as they were received. */
    long length() {
        lock.lock();
        try {
            return length;
        } finally {
            lock.unlock();
        }
    }

    /** Memory of all events. */
    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /** When it ended; empty while it grows. */
    Optional<Instant> endedAt() {
        return Optional.ofNullable(endedAt);
    }

    /** The event that ended it; empty while it grows. */
    Optional<ServerSentEvent> terminal() {
        return Optional.ofNullable(terminal);
    }

    boolean isEnded() {
        return terminal != null;
    }
}
