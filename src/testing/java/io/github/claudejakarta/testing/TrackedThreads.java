package io.github.claudejakarta.testing;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Creates daemon threads, and tracks them until they end. Safe for use by many threads. */
final class TrackedThreads implements ThreadFactory {

    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final AtomicInteger count = new AtomicInteger();
    private final String name;

    /**
     * Creates a factory without threads.
     *
     * @param name the prefix of the threads' names, before their number
     */
    TrackedThreads(String name) {
        this.name = name;
    }

    @Override
    public Thread newThread(Runnable task) {
        var thread = new Thread(task, name + "-" + count.incrementAndGet());
        thread.setDaemon(true);
        // Threads that have not been started are not alive either. Only terminated threads are removed.
        threads.removeIf(known -> known.getState() == Thread.State.TERMINATED);
        threads.add(thread);
        return thread;
    }

    /**
     * Waits until all threads have ended. After the time limit it interrupts them, and waits once again.
     *
     * @return the threads that still run
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
