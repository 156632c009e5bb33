package io.github.claudejakarta.batch;

import io.github.claudejakarta.runtime.Room;

/**
 * What a submission takes of the memory while it is read: the buffer of its reader, and the request that was read last, until that is stored. The database's driver
 * makes a copy of it.
 */
final class RequestRoom {

    private static final int COPIES = 2;

    private final Room room;
    private long buffer;

    RequestRoom(Room room) {
        this.room = room;
    }

    /** The buffer is about to take this many bytes, in all. */
    void reads(long bytes) {
        buffer = bytes;
        room.exactly(bytes);
    }

    /** A request was read. */
    void hasRead(long bufferBytes, long requestBytes) {
        buffer = bufferBytes;
        room.exactly(bufferBytes + COPIES * requestBytes);
    }

    /** The request is stored, or one of some small ones that soon will be. */
    void isStored() {
        room.atMost(buffer);
    }
}
