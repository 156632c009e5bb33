package io.github.claudejakarta.batch;

import io.github.claudejakarta.runtime.MemoryReservation;

/**
 * The memory that is reserved for a submission while it is read: the buffer of its reader, the latest request, and the
 * requests that are not stored yet. The driver of the database copies each request.
 */
final class RequestReservation {

    /** The number of copies of a request while it is stored. */
    static final int COPIES = 2;

    private final MemoryReservation room;
    private long buffer;
    private long pending;

    RequestReservation(MemoryReservation room) {
        this.room = room;
    }

    /** Reserves memory for the buffer, before it is allocated: its total size in bytes. */
    void reserveBuffer(long bytes) {
        buffer = bytes;
        room.exactly(buffer + pending);
    }

    /** Reserves memory for a request that was read. */
    void reserveRequest(long bufferBytes, long requestBytes) {
        buffer = bufferBytes;
        room.exactly(buffer + pending + COPIES * requestBytes);
    }

    /** Reserves memory for all requests that are not stored yet, with the latest one. */
    void setPendingBytes(long bytes) {
        pending = COPIES * bytes;
        room.exactly(buffer + pending);
    }

    /** Releases the memory of the latest request: it is now pending, or was dropped. */
    void releaseRequest() {
        room.atMost(buffer + pending);
    }
}
