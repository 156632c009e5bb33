package io.github.claudejakarta.runtime;

/** A reservation without a limit that knows how much of it is taken. */
public final class CountedReservation implements MemoryReservation {

    private long taken;

    /** @param taken in bytes, from the beginning */
    public CountedReservation(long taken) {
        this.taken = taken;
    }

    @Override
    public void atLeast(long bytes) {
        taken = Math.max(taken, bytes);
    }

    @Override
    public void atMost(long bytes) {
        taken = Math.min(taken, bytes);
    }

    /** In bytes. */
    public long taken() {
        return taken;
    }
}
