package io.github.claudejakarta.stream;

import java.util.function.BooleanSupplier;

/**
 * A reader of a stream that waits for the next events. It polls its cursor; where the cursor has caught up, it reads
 * the upstream for all, or waits while another reader does.
 *
 * <p>Read by one thread; closed by any.
 */
final class BlockingReader {

    private final StreamLog log;
    private final UpstreamReader upstream;
    private final StreamCursor cursor;
    private final boolean mayReadUpstream;
    private final BooleanSupplier mayContinue = this::mayContinue;
    private volatile boolean isClosed;

    /**
     * Creates a reader.
     *
     * @param position the sequence number of the first event to read
     * @param mayReadUpstream whether this reader's thread can be trusted with the upstream: an interrupt while it reads
     *     closes the connection, and ends the stream for all
     */
    BlockingReader(UpstreamReader upstream, int position, boolean mayReadUpstream) {
        this.log = upstream.log();
        this.upstream = upstream;
        this.cursor = new StreamCursor(log, position);
        this.mayReadUpstream = mayReadUpstream;
    }

    /**
     * Returns the next events. Waits for at least one, and reads it from the upstream where nobody else does.
     *
     * @return empty after the terminal event, or once closed
     */
    EventRun next() throws InterruptedException {
        while (!isClosed) {
            EventRun run = cursor.poll();
            if (!run.isEmpty()) {
                return run;
            }
            if (run.endsLog()) {
                break;
            }
            if (mayReadUpstream && upstream.readAfter(cursor.position())) {
                EventRun read = cursor.poll();
                if (!read.isEmpty()) {
                    return read;
                }
            } else {
                upstream.waiters().awaitUntil(mayContinue);
            }
        }
        upstream.finishIfEnded();
        return EventRun.NONE;
    }

    private boolean mayContinue() {
        return isClosed || log.isEnded() || log.size() > cursor.position() || mayReadUpstream && upstream.isFree();
    }

    /** The sequence number of the event that comes next. */
    int position() {
        return cursor.position();
    }

    /** Ends the wait that {@link #next} is in, and every later one. */
    void close() {
        isClosed = true;
        upstream.waiters().signal();
    }
}
