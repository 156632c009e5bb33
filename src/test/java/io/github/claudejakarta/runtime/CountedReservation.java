package io.github.claudejakarta.runtime;

/** A reservation without a limit that counts its bytes. */
public final class CountedReservation implements MemoryReservation {

    private long taken;

    /**
     * Creates a reservation.
     *
     * @param taken the bytes at the beginning
     */
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

    /** Returns the reserved bytes. */
    public long taken() {
        return taken;
    }
}
