package io.github.claudejakarta.testing;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Daemon threads that are known until they end, so that none is left behind. Safe for use by many threads. */
final class OwnThreads implements ThreadFactory {

    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final AtomicInteger count = new AtomicInteger();
    private final String name;

    /** @param name what the threads are called, before their number */
    OwnThreads(String name) {
        this.name = name;
    }

    @Override
    public Thread newThread(Runnable task) {
        var thread = new Thread(task, name + "-" + count.incrementAndGet());
        thread.setDaemon(true);
        // A thread that has not been started is not alive either, so only those that have ended are forgotten.
        threads.removeIf(known -> known.getState() == Thread.State.TERMINATED);
        threads.add(thread);
        return thread;
    }

    /**
     * Waits until all threads have ended, and interrupts them when the time is over.
     *
     * @return the threads that still run after that
     */
    List<Thread> end(Duration limit) throws InterruptedException {
        join(System.nanoTime() + limit.toNanos());
        List<Thread> late = running();
        late.forEach(Thread::interrupt);
        join(System.nanoTime() + limit.toNanos());
        return running();
    }

    private void join(long deadline) throws InterruptedException {
        for (Thread thread : running()) {
            TimeUnit.NANOSECONDS.timedJoin(thread, deadline - System.nanoTime());
        }
    }

    private List<Thread> running() {
        return threads.stream().filter(Thread::isAlive).toList();
    }
}
