package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;

/**
 * The requests that are being served, so that a shutdown can end them.
 *
 * <p>Safe for use by many threads.
 */
@ApplicationScoped
public class OpenRequests {

    private static final Logger LOG = Logger.getLogger(OpenRequests.class.getName());

    private final Set<ServedRequest> open = ConcurrentHashMap.newKeySet();
    private volatile ClaudeException stopped;

    @Inject
    void stopWith(Shutdown shutdown) {
        shutdown.on(Shutdown.Step.END_REQUESTS, () -> stop(Shutdown.refusal()));
        shutdown.on(Shutdown.Step.CUT_CLIENTS, this::cut);
    }

    /** Adds a request until it ends. It may be added again. */
    public void add(ServedRequest request) {
        if (open.add(request)) {
            request.onEnd(() -> remove(request));
        }
        ClaudeException why = stopped;
        if (why != null) {
            request.stop(why);
        }
    }

    private void remove(ServedRequest request) {
        open.remove(request);
        if (open.isEmpty() && stopped != null) {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    private void stop(ClaudeException why) {
        stopped = why;
        open.forEach(request -> request.stop(why));
    }

    /** Returns how many requests are being served. */
    public int count() {
        return open.size();
    }

    /** Waits until all requests have ended, or the time has expired. */
    public synchronized void awaitEnd(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            for (long left = limit.toNanos(); !open.isEmpty() && left > 0; left = deadline - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void cut() {
        if (!open.isEmpty()) {
            LOG.info(() -> "Closing the connections of " + open.size()
                    + " requests whose clients did not read their answer in time");
            open.forEach(request -> request.connection().cut());
        }
    }
}
