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
 * Enforces time-outs: one thread regularly asks everything that may be silent for too long to check itself.
 *
 * <p>Sockets are read without a time-out of their own, because that would cost two more system calls an event. Each
 * {@link Watched#check} ends what is overdue, and must not block.
 */
public final class Watchdog implements AutoCloseable {

    /** A connection, a wait or another thing with a time-out. */
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

    /** A watchdog that ticks only when {@link #tick()} is called: for tests. */
    public Watchdog(Ticker ticker) {
        this(ticker, null);
    }

    private Watchdog(Ticker ticker, ThreadFactory threads) {
        this.ticker = ticker;
        this.threads = threads;
    }

    /** A watchdog on a thread of its own, until it is closed. */
    public static Watchdog start(ThreadFactory threads) {
        var watchdog = new Watchdog(Ticker.SYSTEM, threads);
        watchdog.keepRunning();
        return watchdog;
    }

    /**
     * Starts the watchdog's thread if it does not run, also after it has ended. Other threads call this regularly, so
     * that the thread that watches is watched too.
     */
    public synchronized void keepRunning() {
        if (threads == null || closed.getCount() == 0 || thread != null && thread.isAlive()) {
            return;
        }
        if (thread != null) {
            LOG.severe("The thread that enforces time-outs has ended, and is started again");
        }
        thread = threads.newThread(this::run);
        thread.setName("claude-watchdog");
        thread.start();
    }

    /** Returns the time of the watchdog's ticker. */
    public long now() {
        return ticker.getAsLong();
    }

    /** Returns how long ago the last checks were made. More than a moment means that no time-out is enforced. */
    public Duration sinceLastTick() {
        return Duration.ofNanos(System.nanoTime() - lastTick);
    }

    /** Has something checked at every tick. */
    public void watch(Watched one) {
        watched.add(one);
    }

    /** Ends the checks of something. */
    public void forget(Watched one) {
        watched.remove(one);
    }

    /** Returns how many are watched. */
    public int count() {
        return watched.size();
    }

    /** Makes each check once. A check that fails, even with an Error, does not prevent the others. */
    public void tick() {
        lastTick = System.nanoTime();
        for (Watched one : watched) {
            Recurring.attempt(() -> one.check(now()), failure -> LOG.log(Level.WARNING, "A check failed", failure));
        }
    }

    private void run() {
        try {
            while (!closed.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                Recurring.attempt(
                        this::tick,
                        failure ->
                                LOG.log(Level.SEVERE, "The checks of time-outs failed, and are made again", failure));
            }
        } catch (InterruptedException e) {
            LOG.log(Level.FINE, "The watchdog was interrupted: the server stops", e);
        }
    }

    /** Returns whether more time than allowed has passed. */
    public static boolean isOver(long since, long now, Duration allowed) {
        return now - since > allowed.toNanos();
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
