package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.Watchdog;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Cancels a stream that nobody has watched for some time.
 *
 * <p>Safe for use by many threads. A stream has one at most.
 */
final class Unwatched implements Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(Unwatched.class.getName());

    private final LiveStream stream;
    private final Watchdog watchdog;
    private final Executor threads;
    private volatile Duration grace;
    /** Since when nobody watches; 0 while somebody does. */
    private volatile long since;

    /** @param threads for cancellations, which may block */
    Unwatched(LiveStream stream, Duration grace, Watchdog watchdog, Executor threads) {
        this.stream = stream;
        this.grace = grace;
        this.watchdog = watchdog;
        this.threads = threads;
    }

    void grace(Duration longest) {
        grace = longest;
    }

    /** A client has joined. The grace period starts again when it leaves. */
    void joined() {
        since = 0;
    }

    /** A client has left. */
    void left() {
        if (grace.isZero()) {
            cancel();
        }
    }

    @Override
    public void check(long now) {
        if (stream.endedAt().isPresent()) {
            watchdog.forget(this);
        } else if (stream.subscribers() > 0) {
            since = 0;
        } else if (since == 0) {
            since = now | 1;
        } else if (now - since >= grace.toNanos()) {
            try {
                threads.execute(this::cancelUnlessJoined);
            } catch (ClaudeException e) {
                LOG.log(Level.FINE, "No thread to cancel a stream that nobody watches; the next tick tries again", e);
            }
        }
    }

    /** A client may have joined, and left again, since the check. */
    private void cancelUnlessJoined() {
        if (since != 0) {
            cancel();
        }
    }

    private void cancel() {
        if (stream.subscribers() == 0) {
            stream.cancel("All clients have left");
        }
    }
}
