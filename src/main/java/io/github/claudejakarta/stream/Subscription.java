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
 * One client that watches a stream. It reads events and writes them to its output, on its own thread, until the stream
 * ends or the client leaves.
 *
 * <p>A client that reads no byte for too long is disconnected: it no longer counts as a watcher, and its connection is
 * closed, which ends the write of its thread. If the connection cannot be closed, the thread stays in the write until
 * the server's own time-out ({@code writeTimeout} of Liberty's {@code httpOptions}). If the client continues to read
 * after all, it receives the rest of the write, and an error.
 *
 * <p>While the thread waits for events or reads the upstream for all readers, the watchdog sends the heartbeats. They
 * also detect a client that has left silently.
 */
final class Subscription implements Watcher, Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(Subscription.class.getName());

    /** The number of earlier events for outputs of text. Only pings can be between the halves of a character. */
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
    /** The time at which the current write began; 0 without one. */
    private volatile long writingSince;

    private volatile boolean isHeartbeatPending;
    private volatile boolean hasLeft;
    private volatile boolean isTooSlow;

    /**
     * Creates a subscription.
     *
     * @param cut closes the client's connection, if that is possible
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
                        "The client read nothing for " + settings.writeTimeout().toSeconds()
                                + " s (claude.stream.write-timeout). Its events are at /v1/streams/" + stream.id()));
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

    /** Returns the number of written events. */
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

    /**
     * Writes events and marks up to the last place at which the answer was continued. Returns the events that remain to
     * be written.
     */
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
        if (since != 0 && hasPassed(since, now, settings.writeTimeout())) {
            disconnect();
            return;
        }
        if (!isHeartbeatPending && !hasLeft && !writing.isLocked() && hasPassed(lastWrite, now, settings.heartbeat())) {
            isHeartbeatPending = true;
            if (!tryExecute(this::sendHeartbeat)) {
                isHeartbeatPending = false;
            }
        }
    }

    /**
     * Disconnects a client that does not read. The current write may contain the end of the stream and succeed after
     * all; then the client has received everything.
     */
    void disconnect() {
        if (!isTooSlow) {
            isTooSlow = true;
            isTooSlow = tryExecute(() -> {
                leave();
                cut.run();
            });
        }
    }

    /**
     * Runs a task on another thread, because leaving and writing may block. If all threads are busy, the next tick
     * tries again.
     */
    private boolean tryExecute(Runnable task) {
        try {
            threads.execute(task);
            return true;
        } catch (ClaudeException e) {
            LOG.log(Level.FINE, "No thread is free to check a client", e);
            return false;
        }
    }

    private static boolean hasPassed(long since, long now, Duration allowed) {
        return now - since >= allowed.toNanos();
    }

    private void sendHeartbeat() {
        writing.lock();
        try {
            if (!hasLeft && hasPassed(lastWrite, watchdog.now(), settings.heartbeat())) {
                writingSince = watchdog.now() | 1;
                output.heartbeat();
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "A client left without closing its connection", e);
            leave();
        } finally {
            writingSince = 0;
            lastWrite = watchdog.now();
            isHeartbeatPending = false;
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
