package io.github.claudejakarta.stream;

/**
 * One reader's place in a {@link StreamLog}, and all that a reader costs. Live delivery, replay and a late join are the same:
 * read on from a sequence number.
 *
 * <p>Read by one thread; closed by any.
 */
final class StreamCursor {

    private final StreamLog log;
    private LogSegment segment;
    private int position;
    /** Where the next event begins in the segment, so that it need not be looked for. */
    private int offset;
    private volatile boolean isClosed;

    /** @param position the sequence number of the first event to read */
    StreamCursor(StreamLog log, int position) {
        this.log = log;
        this.position = position;
        this.segment = log.first();
        this.offset = -1;
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
            offset = 0;
        }
        if (segment.end() <= position) {
            return EventRun.NONE;
        }
        EventRun run = offset < 0 ? segment.from(position) : segment.from(position, offset);
        position = run.next();
        offset = run.to();
        return run;
    }

    boolean isClosed() {
        return isClosed;
    }

    void close() {
        isClosed = true;
        log.wake();
    }
}
