package io.github.claudejakarta.stream;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Threads that wait for a change. A signal costs one look at a field while nobody waits, and is sent after the change,
 * which has to be visible to other threads.
 */
final class ChangeSignal {

    /** Every change is signaled. A thread still looks again this often. */
    private static final long WAIT_SECONDS = 60;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Written under the lock. A thread counts before it looks, so that a change after its look finds it counted. */
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

    /** Has all threads that wait check again. */
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
