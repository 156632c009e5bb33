package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.recovery.Recovery;
import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * One client that watches a stream: reads events and writes to its output, on a thread of its own, until the stream
 * ends or the client leaves.
 *
 * <p>A client that takes no byte for too long is given up: it no longer holds the stream, and its connection is ended,
 * which ends the write that its thread is in. Where the connection could not be ended, the thread stays in the write
 * until the server's own time-out ({@code writeTimeout} of Liberty's {@code httpOptions}). If the client goes on after
 * all, it reads what was under way, and an error.
 *
 * <p>While it waits for events, which may be while it reads the upstream for all, the watchdog sees to the signs of
 * life. Those are also how a client that left in silence is found.
 */
final class Subscription implements Watcher, Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(Subscription.class.getName());

    /** For outputs of text. Between the halves of one character are pings at most. */
    private static final int EVENTS_BEFORE = 16;

    private final LiveStream stream;
    private final int from;
    private final BlockingReader reader;
    private final StreamOutput output;
    private final Runnable cut;
    private final StreamSettings settings;
    private final Executor threads;
    private final Watchdog watchdog;

    private final ReentrantLock writing = new ReentrantLock();
    private volatile long lastWrite;
    /** Since when a write has been going on; 0 while none is. */
    private volatile long writingSince;

    private volatile boolean isBeating;
    private volatile boolean hasLeft;
    private volatile boolean isTooSlow;

    /**
     * @param cut closes the client's connection, where that can be done
     * @param threads for heartbeats, which may block
     */
    Subscription(
            LiveStream stream,
            int from,
            StreamOutput output,
            Runnable cut,
            StreamSettings settings,
            Executor threads,
            Watchdog watchdog) {
        this.stream = stream;
        this.from = from;
        this.reader = stream.readerFrom(from);
        this.output = output;
        this.cut = cut;
        this.settings = settings;
        this.threads = threads;
        this.watchdog = watchdog;
        this.lastWrite = watchdog.now();
        output.onProgress(() -> writingSince = watchdog.now() | 1);
        output.onLeft(this::leave);
    }

    /** Counts the client as a watcher from now on. */
    Subscription join() {
        stream.joined(this);
        return this;
    }

    @Override
    public void run() throws IOException {
        stream.joined(this);
        watchdog.watch(this);
        try {
            begin();
            for (EventRun events = reader.next(); !events.isEmpty(); events = reader.next()) {
                write(events);
            }
            if (!hasLeft && stream.hasAllUpTo(reader.position())) {
                finish();
            } else if (isTooSlow && !stream.hasAllUpTo(reader.position())) {
                output.end(ClaudeException.of(
                        ErrorType.TIMEOUT,
                        "Nothing was taken for " + settings.writeTimeout().toSeconds()
                                + " s; the events are kept at /v1/streams/" + stream.id()));
            } else if (hasLeft && !isTooSlow && !stream.log().isEnded()) {
                throw new IOException("The client has left");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The server stops", e);
        } finally {
            leave();
        }
    }

    /** How many events it has written. */
    int written() {
        return reader.position() - from;
    }

    private void begin() throws IOException {
        writing.lock();
        try {
            writingSince = watchdog.now() | 1;
            output.begin(stream.log().events(Math.max(0, from - EVENTS_BEFORE), from));
        } finally {
            writingSince = 0;
            lastWrite = watchdog.now();
            writing.unlock();
        }
    }

    private void write(EventRun events) throws IOException {
        writing.lock();
        try {
            writingSince = watchdog.now() | 1;
            output.write(withMarks(events));
        } finally {
            writingSince = 0;
            lastWrite = watchdog.now();
            writing.unlock();
        }
    }

    private void finish() throws IOException {
        writing.lock();
        try {
            writingSince = watchdog.now() | 1;
            output.finish();
        } finally {
            writingSince = 0;
            lastWrite = watchdog.now();
            writing.unlock();
        }
    }

    /** Marks places where the answer was continued; the rest is still to be written. */
    private EventRun withMarks(EventRun events) throws IOException {
        EventRun rest = events;
        for (Recovery place : stream.recoveries()) {
            int at = place.after() + 1;
            if (at >= rest.sequence() && at < rest.next()) {
                EventRun before = rest.first(at - rest.sequence());
                if (!before.isEmpty()) {
                    output.write(before);
                }
                output.recovered(place);
                rest = rest.skip(before.count());
            }
        }
        return rest;
    }

    @Override
    public void check(long now) {
        long since = writingSince;
        if (since != 0 && isOver(since, now, settings.writeTimeout())) {
            giveUp();
            return;
        }
        if (!isBeating && !hasLeft && !writing.isLocked() && isOver(lastWrite, now, settings.heartbeat())) {
            isBeating = true;
            if (!onThread(this::beat)) {
                isBeating = false;
            }
        }
    }

    /**
     * Ends the connection of a client that does not read. What is being written may have the end of the stream, and be
     * taken after all: then the client had everything.
     */
    void giveUp() {
        if (!isTooSlow) {
            isTooSlow = true;
            isTooSlow = onThread(() -> {
                leave();
                cut.run();
            });
        }
    }

    /**
     * Not on the watchdog's own thread: leaving and writing may block. Where all threads are busy, the next tick tries
     * again.
     */
    private boolean onThread(Runnable task) {
        try {
            threads.execute(task);
            return true;
        } catch (ClaudeException e) {
            LOG.log(Level.FINE, "No thread to look after a client", e);
            return false;
        }
    }

    private static boolean isOver(long since, long now, Duration allowed) {
        return now - since >= allowed.toNanos();
    }

    private void beat() {
        writing.lock();
        try {
            if (!hasLeft && isOver(lastWrite, watchdog.now(), settings.heartbeat())) {
                writingSince = watchdog.now() | 1;
                output.heartbeat();
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "A client left in silence", e);
            leave();
        } finally {
            writingSince = 0;
            lastWrite = watchdog.now();
            isBeating = false;
            writing.unlock();
        }
    }

    @Override
    public void leave() {
        hasLeft = true;
        watchdog.forget(this);
        reader.close();
        stream.left(this);
    }
}
