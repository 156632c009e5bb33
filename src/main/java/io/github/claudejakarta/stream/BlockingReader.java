package io.github.claudejakarta.stream;

import java.util.function.BooleanSupplier;

/**
 * A reader of a stream that waits for the next events. It polls its cursor. When the cursor has read all events, it
 * reads the upstream for all readers, or waits while another reader does.
 *
 * <p>Read by one thread; may be closed by any thread.
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
     * @param mayReadUpstream whether the thread of this reader may read the upstream. An interrupt during the read
     *     closes the connection, and ends the stream for all readers
     */
    BlockingReader(UpstreamReader upstream, int position, boolean mayReadUpstream) {
        this.log = upstream.log();
        this.upstream = upstream;
        this.cursor = new StreamCursor(log, position);
        this.mayReadUpstream = mayReadUpstream;
    }

    /**
     * Returns the next events. Waits for at least one, and reads it from the upstream if no other reader does.
     *
     * @return empty after the terminal event, and after {@link #close}
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
                upstream.changes().awaitUntil(mayContinue);
            }
        }
        upstream.finishIfEnded();
        return EventRun.NONE;
    }

    private boolean mayContinue() {
        return isClosed || log.isEnded() || log.size() > cursor.position() || mayReadUpstream && upstream.isFree();
    }

    /** Returns the sequence number of the next event. */
    int position() {
        return cursor.position();
    }

    /** Ends the current wait of {@link #next}, and all later ones. */
    void close() {
        isClosed = true;
        upstream.changes().signal();
    }
}
