package io.github.claudejakarta.durable;

/** A lease that is kept until the test takes it away. */
public final class FakeLease implements Lease {

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
    public boolean isStopping() {
        return isStopping;
    }
}
