package io.github.claudejakarta.runtime;

/** The memory that one request or answer uses, reserved before it is allocated. */
public interface MemoryReservation {

    /** A reservation without a limit, for texts whose size is limited elsewhere. */
    MemoryReservation UNLIMITED = new MemoryReservation() {

        @Override
        public void atLeast(long bytes) {
            // never refuses
        }

        @Override
        public void atMost(long bytes) {
            // nothing is reserved
        }
    };

    /**
     * Reserves memory up to this many bytes in total.
     *
     * @throws RuntimeException of the implementation if the memory is not available; then nothing changes
     */
    void atLeast(long bytes);

    /** Releases the memory beyond this many bytes. */
    void atMost(long bytes);

    /** Changes the reservation to exactly this many bytes. */
    default void exactly(long bytes) {
        atLeast(bytes);
        atMost(bytes);
    }
}
