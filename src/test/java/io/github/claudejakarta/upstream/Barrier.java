package io.github.claudejakarta.upstream;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A place at which a script waits until the test releases it. A released barrier stays open. */
public final class Barrier {

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    /** Waits until a script has reached this barrier. Everything before it has then been written. */
    public void awaitReached() throws InterruptedException {
        if (!reached.await(ScriptedUpstream.TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("no script reached the barrier within " + ScriptedUpstream.TIMEOUT);
        }
    }

    public void release() {
        released.countDown();
    }

    void pass() throws InterruptedException {
        reached.countDown();
        released.await();
    }
}
