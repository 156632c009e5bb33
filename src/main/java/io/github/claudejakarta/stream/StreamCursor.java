package io.github.claudejakarta.stream;

/**
 * One reader's place in a {@link StreamLog}, and all that the log has of a reader. Live delivery, replay and a late
 * join are the same: read on from a sequence number.
 *
 * <p>Used by one thread at a time.
 */
final class StreamCursor {

    private static final int UNKNOWN = -1;

    private final StreamLog log;
    private LogSegment segment;
    private int position;
    /** Where the next event begins in the segment, so that it need not be looked for. */
    private int offset;

    /** @param position the sequence number of the first event to read */
    StreamCursor(StreamLog log, int position) {
        this.log = log;
        this.position = position;
        this.segment = log.first();
        this.offset = UNKNOWN;
    }

    /**
     * Returns the events that the log has after the last poll, and never waits. One run holds the events of one
     * segment, so there may be more behind it.
     *
     * @return empty where the log has no more so far, or has ended ({@link EventRun#endsLog})
     */
    EventRun poll() {
        return log.read(this);
    }

    /**
     * Moves over the events of a poll. To be called under the log's lock.
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

    /** The sequence number of the event that comes next. */
    int position() {
        return position;
    }
}
