package io.github.claudejakarta.claude;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** A body in memory that can be released while its request is still referenced. Safe for use by many threads. */
final class HeldBytes implements RequestBody {

    private final Runnable released;
    private volatile byte[] bytes;

    HeldBytes(byte[] bytes, Runnable released) {
        this.bytes = bytes;
        this.released = released;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        byte[] held = bytes;
        if (held == null) {
            throw new IOException("The request body was released");
        }
        out.write(held);
    }

    @Override
    public Optional<byte[]> bytes() {
        return Optional.ofNullable(bytes);
    }

    @Override
    public void release() {
        bytes = null;
        released.run();
    }
}
