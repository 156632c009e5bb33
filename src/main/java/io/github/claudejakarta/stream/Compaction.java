package io.github.claudejakarta.stream;

import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.Deflater;

/**
 * Deflates what a log keeps, once it has ended: it may be read again, and mostly is not. Done by the thread that is
 * done with the stream, after the client has had its response; 300 kB take less than a millisecond.
 */
final class Compaction {

    private final StreamLog log;
    private final AtomicBoolean isDone = new AtomicBoolean();

    Compaction(StreamLog log) {
        this.log = log;
    }

    /** Deflates the log if it has ended, once. */
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
