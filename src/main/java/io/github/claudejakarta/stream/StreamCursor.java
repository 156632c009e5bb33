package io.github.claudejakarta.stream;

/**
 * One reader's place in a {@link StreamLog}, and all that a reader costs. Live delivery, replay and a late join are the
 * same: read on from a sequence number.
 *
 * <p>Read by one thread; closed by any.
 */
final class StreamCursor {

    private static final int UNKNOWN = -1;

    private final StreamLog log;
    private final boolean mayReadUpstream;
    private LogSegment segment;
    private int position;
    /** Where the next event begins in the segment, so that it need not be looked for. */
    private int offset;

    private volatile boolean isClosed;

    /** @param position the sequence number of the first event to read */
    StreamCursor(StreamLog log, int position) {
        this(log, position, true);
    }

    /**
     * @param mayReadUpstream whether this reader's thread can be trusted with the upstream: an interrupt while it reads
     *     closes the connection, and ends the stream for all
     */
    StreamCursor(StreamLog log, int position, boolean mayReadUpstream) {
        this.log = log;
        this.mayReadUpstream = mayReadUpstream;
        this.position = position;
        this.segment = log.first();
        this.offset = UNKNOWN;
    }

    /**
     * The events that come next; waits for at least one, and reads it from the upstream where nobody else does.
     *
     * @return empty after the terminal event, or once closed
     */
    EventRun next() throws InterruptedException {
        return log.read(this);
    }

    /** What is there to read, without waiting. To be called under the log's lock. */
    EventRun available() {
        while (segment.end() <= position && segment.next() != null) {
            segment = segment.next();
            offset = offset < 0 ? UNKNOWN : 0;
        }
        if (segment.end() <= position) {
            return EventRun.NONE;
        }
        EventRun run = offset < 0 ? segment.from(position) : segment.from(position, offset);
        position = run.next();
        offset = run.to();
        return run;
    }

    /** The sequence number of the event that comes next. */
    int position() {
        return position;
    }

    boolean mayReadUpstream() {
        return mayReadUpstream;
    }

    boolean isClosed() {
        return isClosed;
    }

    void close() {
        isClosed = true;
        log.wake();
    }
}
