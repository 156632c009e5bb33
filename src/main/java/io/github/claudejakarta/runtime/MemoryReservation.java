package io.github.claudejakarta.runtime;

/** The memory that one request or answer takes, asked for before it is used. */
public interface MemoryReservation {

    /** A reservation without a limit, for texts whose size is limited otherwise. */
    MemoryReservation UNLIMITED = new MemoryReservation() {

        @Override
        public void atLeast(long bytes) {
            // there is always room
        }

        @Override
        public void atMost(long bytes) {
            // nothing was taken
        }
    };

    /**
     * Takes what is missing to this many bytes.
     *
     * @throws RuntimeException of the room's own where others have them; then nothing changes
     */
    void atLeast(long bytes);

    /** Gives back what is taken beyond this many bytes. */
    void atMost(long bytes);

    /** Takes exactly this many bytes from now on. */
    default void exactly(long bytes) {
        atLeast(bytes);
        atMost(bytes);
    }
}
