package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.zip.Deflater;

/**
 * The events of one stream, in order, from sequence number 0; whoever reads holds only a {@link StreamCursor} over it.
 *
 * <p>Who reads the upstream? Whoever has caught up: a reader that has seen everything, and finds nobody at it, reads
 * the next events itself and appends them, while the others wait for the log to grow. So one client means one thread
 * and no hand-over, and a client that is slow never holds the reading, because it has not caught up.
 *
 * <p>The log ends with exactly one terminal event. What the upstream sends after it is not read.
 */
final class StreamLog {

    /** Where the next events come from. */
    interface Upstream {

        /**
         * Blocks until there are events; the last one of all is terminal, also when the upstream broke. Never fails.
         */
        List<ServerSentEvent> read();

        /** Lets go of the connection. Called once, when the log has ended. */
        void close();
    }

    /** A wait is looked at again this often, though every change signals it. */
    private static final long WAIT_SECONDS = 60;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Clock clock;
    private final LongConsumer kept;
    private final Runnable whenDone;

    private final LogSegment first = LogSegment.first();
    private LogSegment last = first;
    private ServerSentEvent terminal;
    private Instant endedAt;
    private long bytes = first.capacity();
    private long length;
    private Upstream upstream;
    private boolean isBeingRead;
    private boolean isDone;
    private boolean isCompact;
    private boolean isReleased;

    /**
     * @param kept told how many bytes more, or less, are kept
     * @param whenDone called once, after the terminal event, by whoever comes by next: its client has had it by then
     */
    StreamLog(Clock clock, LongConsumer kept, Runnable whenDone) {
        this.clock = clock;
        this.kept = kept;
        this.whenDone = whenDone;
    }

    /** From now on there is something to read. Where the log has ended already, the upstream is closed. */
    void readFrom(Upstream source) {
        lock.lock();
        try {
            upstream = source;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        finishIfEnded();
    }

    /**
     * The events after the cursor; waits until there is one.
     *
     * @return never empty but after the terminal event, or when the cursor was closed
     */
    EventRun read(StreamCursor cursor) throws InterruptedException {
        Upstream source = null;
        lock.lock();
        try {
            while (!cursor.isClosed()) {
                EventRun run = cursor.available();
                if (!run.isEmpty()) {
                    return run;
                }
                if (terminal != null) {
                    break;
                }
                if (upstream != null && !isBeingRead && cursor.mayReadUpstream()) {
                    isBeingRead = true;
                    source = upstream;
                    break;
                }
                changed.await(WAIT_SECONDS, TimeUnit.SECONDS);
            }
        } finally {
            lock.unlock();
        }
        if (source == null) {
            finishIfEnded();
            return EventRun.NONE;
        }
        append(readOn(source), true);
        lock.lock();
        try {
            return cursor.available();
        } finally {
            lock.unlock();
        }
    }

    private List<ServerSentEvent> readOn(Upstream source) {
        try {
            return source.read();
        } catch (RuntimeException | Error e) {
            // Whoever comes next has to be able to read: nobody would wait for a reader that is gone.
            lock.lock();
            try {
                isBeingRead = false;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            throw e;
        }
    }

    /** Ends the log with this event, unless it has ended. A read that is under way is in vain. */
    void end(ServerSentEvent terminal) {
        append(List.of(terminal), false);
        finishIfEnded();
    }

    private void append(List<ServerSentEvent> events, boolean byReader) {
        long added = 0;
        boolean ends = false;
        lock.lock();
        try {
            if (byReader) {
                isBeingRead = false;
            }
            if (terminal == null) {
                long before = bytes;
                add(events);
                ServerSentEvent latest = events.get(events.size() - 1);
                ends = Terminal.is(latest);
                if (ends) {
                    terminal = latest;
                    endedAt = clock.instant();
                    bytes -= last.capacity();
                    last.trim();
                    bytes += last.capacity();
                }
                added = bytes - before;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
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

    /**
     * What there is to do after the end, by whoever comes by then, so that the terminal event reaches its client first.
     */
    void finishIfEnded() {
        Upstream done;
        boolean isFirst;
        lock.lock();
        try {
            if (terminal == null) {
                return;
            }
            done = upstream;
            upstream = null;
            isFirst = !isDone;
            isDone = true;
        } finally {
            lock.unlock();
        }
        if (done != null) {
            done.close();
        }
        if (isFirst) {
            whenDone.run();
        }
    }

    /**
     * Deflates what is kept, once the log has ended: it may be read again, and mostly is not. To be called by whoever
     * is done with it, after the client has had its response; 300 kB take less than a millisecond.
     */
    void compact() {
        lock.lock();
        try {
            if (terminal == null || isCompact) {
                return;
            }
            isCompact = true;
        } finally {
            lock.unlock();
        }
        var deflater = new Deflater(Deflater.BEST_SPEED, true);
        try {
            var deflated = new ArrayList<byte[]>();
            for (LogSegment segment = first; segment != null; segment = segment.next()) {
                deflated.add(segment.deflated(deflater));
            }
            replaceBy(deflated);
        } finally {
            deflater.end();
        }
    }

    private void replaceBy(List<byte[]> deflated) {
        long before;
        long after = 0;
        lock.lock();
        try {
            if (isReleased) {
                return;
            }
            before = bytes;
            LogSegment segment = first;
            for (byte[] part : deflated) {
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

    /** It is kept no longer: says how many bytes it had, which is the last that is told of them. */
    long release() {
        lock.lock();
        try {
            isReleased = true;
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /** Has those that wait look again. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
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
        for (EventRun run = available(cursor); !run.isEmpty(); run = available(cursor)) {
            run.events().forEach(consumer);
        }
    }

    /** The events from one sequence number to before another that are there already. */
    List<ServerSentEvent> events(int from, int to) {
        var events = new ArrayList<ServerSentEvent>();
        var cursor = new StreamCursor(this, from);
        for (EventRun run = available(cursor); !run.isEmpty() && events.size() < to - from; run = available(cursor)) {
            events.addAll(run.events());
        }
        return events.subList(0, Math.max(0, Math.min(events.size(), to - from)));
    }

    private EventRun available(StreamCursor cursor) {
        lock.lock();
        try {
            return cursor.available();
        } finally {
            lock.unlock();
        }
    }

    LogSegment first() {
        return first;
    }

    int size() {
        lock.lock();
        try {
            return last.end();
        } finally {
            lock.unlock();
        }
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
        lock.lock();
        try {
            return Optional.ofNullable(endedAt);
        } finally {
            lock.unlock();
        }
    }

    /** The event that ended it; empty while it grows. */
    Optional<ServerSentEvent> terminal() {
        lock.lock();
        try {
            return Optional.ofNullable(terminal);
        } finally {
            lock.unlock();
        }
    }

    boolean isEnded() {
        return terminal().isPresent();
    }
}
