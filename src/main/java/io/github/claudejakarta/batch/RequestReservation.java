package io.github.claudejakarta.batch;

import io.github.claudejakarta.runtime.MemoryReservation;

/**
 * The memory of a submission while it is read: the buffer of its reader, the request that was read last, and the
 * requests that are not stored yet. The database's driver makes a copy of a request.
 */
final class RequestReservation {

    /** Of a request, while it is stored. */
    static final int COPIES = 2;

    private final MemoryReservation room;
    private long buffer;
    private long held;

    RequestReservation(MemoryReservation room) {
        this.room = room;
    }

    /** The buffer is about to take this many bytes, in all. */
    void reads(long bytes) {
        buffer = bytes;
        room.exactly(buffer + held);
    }

    /** A request was read. */
    void hasRead(long bufferBytes, long requestBytes) {
        buffer = bufferBytes;
        room.exactly(buffer + held + COPIES * requestBytes);
    }

    /** So many bytes of requests, the last one among them, are not stored yet. */
    void holds(long bytes) {
        held = COPIES * bytes;
        room.exactly(buffer + held);
    }

    /** Counts the request that was read last no longer on its own: it is held, or was dropped. */
    void passOn() {
        room.atMost(buffer + held);
    }
}
