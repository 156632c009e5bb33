package io.github.claudejakarta.stream;

import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.Deflater;

/**
 * Compresses (deflates) a log that has ended, because few logs are read again. It runs on the thread that has finished
 * with the stream, after the client has its response. 300 kB take less than a millisecond.
 */
final class Compaction {

    private final StreamLog log;
    private final AtomicBoolean isDone = new AtomicBoolean();

    Compaction(StreamLog log) {
        this.log = log;
    }

    /** Compresses the log if it has ended, once. */
    void runIfEnded() {
        if (!log.isEnded() || !isDone.compareAndSet(false, true)) {
            return;
        }
        var deflater = new Deflater(Deflater.BEST_SPEED, true);
        try {
            var deflated = new ArrayList<byte[]>();
            for (LogSegment segment = log.first(); segment != null; segment = segment.next()) {
                deflated.add(segment.deflated(deflater));
            }
            log.replaceBy(deflated);
        } finally {
            deflater.end();
        }
    }
}
