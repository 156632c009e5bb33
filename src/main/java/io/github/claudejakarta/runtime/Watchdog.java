package io.github.claudejakarta.runtime;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Looks after silence: one thread asks everything that may be silent for too long whether it is.
 *
 * <p>Sockets are read without a time-out of their own, because that would cost two more system calls an event. Whoever
 * is overdue is dealt with by its own {@link Watched#check}, which must not block.
 */
public final class Watchdog implements AutoCloseable {

    /** Something that may fall silent. */
    public interface Watched {

        /**
         * Called at every tick, on the watchdog's thread.
         *
         * @param now {@link System#nanoTime()}, or the test's
         */
        void check(long now);
    }

    private static final Logger LOG = Logger.getLogger(Watchdog.class.getName());
    private static final long TICK_MILLIS = 250;

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final LongSupplier nanoTime;
    private final ThreadFactory threads;
    private volatile long lastTick = System.nanoTime();
    /** Null for a watchdog of a test; guarded by this. */
    private Thread thread;

    /** A watchdog that ticks only when {@link #tick()} is called: for tests. */
    public Watchdog(LongSupplier nanoTime) {
        this(nanoTime, null);
    }

    private Watchdog(LongSupplier nanoTime, ThreadFactory threads) {
        this.nanoTime = nanoTime;
        this.threads = threads;
    }

    /** A watchdog on a thread of its own, until it is closed. */
    public static Watchdog start(ThreadFactory threads) {
        var watchdog = new Watchdog(System::nanoTime, threads);
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

    /** The time that {@link Watched#check} will be told. */
    public long now() {
        return nanoTime.getAsLong();
    }

    /** How long ago it last asked everybody; more than a moment means that nothing times out any more. */
    public Duration sinceLastTick() {
        return Duration.ofNanos(System.nanoTime() - lastTick);
    }

    public void watch(Watched one) {
        watched.add(one);
    }

    public void forget(Watched one) {
        watched.remove(one);
    }

    /** Returns how many are watched. */
    public int count() {
        return watched.size();
    }

    /** Asks everybody once; a check that fails, be it by an Error, keeps no other from being made. */
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

    /** Whether more time than allowed has passed. */
    public static boolean isOver(long since, long now, Duration allowed) {
        return now - since > allowed.toNanos();
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
