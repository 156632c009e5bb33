package io.github.claudejakarta.stream;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Lets threads wait for a change. While no thread waits, a signal only reads a field. The change must be visible to
 * other threads before the signal.
 */
final class ChangeSignal {

    /** The time after which a waiting thread checks again. It is a precaution, because every change is signaled. */
    private static final long WAIT_SECONDS = 60;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /**
     * The number of waiting threads. Written under the lock. A thread increments it before it checks, so a later change
     * sees the thread.
     */
    private volatile int count;

    /** Waits until the condition is met, which is checked now and at each signal. */
    void awaitUntil(BooleanSupplier isMet) throws InterruptedException {
        lock.lock();
        try {
            count++;
            while (!isMet.getAsBoolean()) {
                changed.await(WAIT_SECONDS, TimeUnit.SECONDS);
            }
        } finally {
            count--;
            lock.unlock();
        }
    }

    /** Wakes all waiting threads, which check again. */
    void signal() {
        if (count > 0) {
            lock.lock();
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
