package io.github.claudejakarta.runtime;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Enforces time-outs: one thread regularly calls {@link Watched#check} of every connection, wait or other object with a
 * time-out.
 *
 * <p>Sockets are read without a time-out of their own, because it would cost two more system calls for each event. Each
 * check ends an overdue wait, and must not block.
 */
public final class Watchdog implements AutoCloseable {

    /** An object with a time-out, such as a connection or a wait. */
    public interface Watched {

        /**
         * Called at every tick, on the watchdog's thread.
         *
         * @param now the time of the watchdog's ticker
         */
        void check(long now);
    }

    private static final Logger LOG = Logger.getLogger(Watchdog.class.getName());
    private static final long TICK_MILLIS = 250;

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Ticker ticker;
    private final ThreadFactory threads;
    private volatile long lastTick = System.nanoTime();
    /** Null for a watchdog of a test; guarded by this. */
    private Thread thread;

    /** Creates a watchdog that ticks only when {@link #tick()} is called. For tests. */
    public Watchdog(Ticker ticker) {
        this(ticker, null);
    }

    private Watchdog(Ticker ticker, ThreadFactory threads) {
        this.ticker = ticker;
        this.threads = threads;
    }

    /** Starts a watchdog on its own thread. It runs until it is closed. */
    public static Watchdog start(ThreadFactory threads) {
        var watchdog = new Watchdog(Ticker.SYSTEM, threads);
        watchdog.keepRunning();
        return watchdog;
    }

    /**
     * Starts the watchdog's thread if it is not running, also after it has ended. Other threads call this regularly, so
     * that the watchdog's thread is monitored too.
     */
    public synchronized void keepRunning() {
        if (threads == null || closed.getCount() == 0 || thread != null && thread.isAlive()) {
            return;
        }
        if (thread != null) {
            LOG.severe("The thread that enforces time-outs has ended. Restarting it.");
        }
        thread = threads.newThread(this::run);
        thread.setName("claude-watchdog");
        thread.start();
    }

    /** Returns the time of the watchdog's ticker. */
    public long now() {
        return ticker.getAsLong();
    }

    /** Returns the time since the last tick. If it is much longer than 250 ms, time-outs are not enforced. */
    public Duration sinceLastTick() {
        return Duration.ofNanos(System.nanoTime() - lastTick);
    }

    /** Adds an object, which is checked at every tick. */
    public void watch(Watched one) {
        watched.add(one);
    }

    /** Removes an object. */
    public void forget(Watched one) {
        watched.remove(one);
    }

    /** Returns the number of watched objects. */
    public int count() {
        return watched.size();
    }

    /** Runs each check once. A check that fails, even with an {@link Error}, does not prevent the others. */
    public void tick() {
        lastTick = System.nanoTime();
        for (Watched one : watched) {
            Recurring.attempt(
                    () -> one.check(now()),
                    failure -> LOG.log(
                            Level.WARNING, "A check of a time-out failed. It runs again at the next tick.", failure));
        }
    }

    private void run() {
        try {
            while (!closed.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                Recurring.attempt(
                        this::tick,
                        failure -> LOG.log(
                                Level.SEVERE,
                                "The checks of time-outs failed. They run again at the next tick.",
                                failure));
            }
        } catch (InterruptedException e) {
            LOG.log(Level.FINE, "The watchdog was interrupted, because the server stops", e);
        }
    }

    /** Returns whether more time than allowed has passed. */
    public static boolean isExceeded(long since, long now, Duration allowed) {
        return now - since > allowed.toNanos();
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
