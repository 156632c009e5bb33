package io.github.claudejakarta.durable;

import java.util.concurrent.atomic.AtomicLong;

/** A lease that lasts until the test ends it. Each new lease has a later token than earlier ones. */
public final class FakeLease implements Lease {

    private static final AtomicLong TOKENS = new AtomicLong();

    private final long token = TOKENS.incrementAndGet();

    private volatile boolean isLost;
    private volatile boolean isStopping;

    public void lose() {
        isLost = true;
    }

    public void stop() {
        isStopping = true;
    }

    @Override
    public boolean isLost() {
        return isLost;
    }

    @Override
    public void markLost() {
        lose();
    }

    @Override
    public long token() {
        return token;
    }

    @Override
    public boolean isStopping() {
        return isStopping;
    }
}
