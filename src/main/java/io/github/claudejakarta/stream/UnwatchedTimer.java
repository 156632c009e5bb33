package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.Watchdog;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Cancels a stream that has had no watchers for some time.
 *
 * <p>Safe for use by many threads. A stream has at most one.
 */
final class UnwatchedTimer implements Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(UnwatchedTimer.class.getName());

    private final LiveStream stream;
    private final Watchdog watchdog;
    private final Executor threads;
    private volatile Duration grace;
    /** The time since which the stream has no watchers; 0 while it has some. */
    private volatile long since;

    /**
     * Creates a timer.
     *
     * @param threads for cancellations, which may block
     */
    UnwatchedTimer(LiveStream stream, Duration grace, Watchdog watchdog, Executor threads) {
        this.stream = stream;
        this.grace = grace;
        this.watchdog = watchdog;
        this.threads = threads;
    }

    void grace(Duration longest) {
        grace = longest;
    }

    /** Records that a client has joined. The grace period starts again when the last client leaves. */
    void joined() {
        since = 0;
    }

    /** Records that a client has left. Without a grace period, this cancels a stream that has no more watchers. */
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
                LOG.log(
                        Level.FINE,
                        "No thread is free to cancel a stream without watchers. The next tick tries again.",
                        e);
            }
        }
    }

    /** Cancels the stream, unless a client has joined since the check, even if it has left again. */
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
