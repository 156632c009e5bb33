package io.github.claudejakarta.stream;

/**
 * The position of one reader in a {@link StreamLog}; the log keeps nothing else about a reader. Live delivery, replay
 * and a late join all work the same way: the reader continues from a sequence number.
 *
 * <p>Used by one thread at a time.
 */
final class StreamCursor {

    private static final int UNKNOWN = -1;

    private final StreamLog log;
    private LogSegment segment;
    private int position;
    /** The index at which the next event begins in the segment, so that it need not be searched. */
    private int offset;

    /**
     * Creates a cursor.
     *
     * @param position the sequence number of the first event to read
     */
    StreamCursor(StreamLog log, int position) {
        this.log = log;
        this.position = position;
        this.segment = log.first();
        this.offset = UNKNOWN;
    }

    /**
     * Returns the events of the log after the last poll, and never waits. One run contains events of one segment only,
     * so more may follow.
     *
     * @return empty if the log has no more events yet, or has ended ({@link EventRun#endsLog})
     */
    EventRun poll() {
        return log.read(this);
    }

    /**
     * Returns the next events and moves after them. Called under the log's lock.
     *
     * @param isEnded whether the log has ended
     */
    EventRun advance(boolean isEnded) {
        while (segment.end() <= position && segment.next() != null) {
            segment = segment.next();
            offset = offset < 0 ? UNKNOWN : 0;
        }
        if (segment.end() <= position) {
            return isEnded ? EventRun.END : EventRun.NONE;
        }
        boolean isLast = isEnded && segment.next() == null;
        EventRun run = offset < 0 ? segment.from(position, isLast) : segment.from(position, offset, isLast);
        position = run.next();
        offset = run.to();
        return run;
    }

    /** Returns the sequence number of the next event. */
    int position() {
        return position;
    }
}
