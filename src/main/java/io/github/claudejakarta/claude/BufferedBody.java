package io.github.claudejakarta.claude;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * A body in memory with the memory that was reserved for it in the server's budget. Both are released together, even if
 * the request is still referenced.
 *
 * <p>A body has one owner at a time, which releases it. The first owner is the request with which it arrived. The next
 * owner is the call that sends it, which releases it when Claude begins to answer. A stream that may have to send the
 * body again is its owner instead.
 *
 * <p>Safe for use by many threads.
 */
public final class BufferedBody implements RequestBody {

    private final Runnable share;
    private byte[] bytes;

    /** @param share releases the reserved memory; is run once */
    public BufferedBody(byte[] bytes, Runnable share) {
        this.bytes = bytes;
        this.share = share;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        out.write(bytes().orElseThrow(() -> new IOException("The request body was released")));
    }

    @Override
    public synchronized Optional<byte[]> bytes() {
        return Optional.ofNullable(bytes);
    }

    /** Releases the bytes and the reserved memory. Later calls have no effect. */
    @Override
    public void release() {
        synchronized (this) {
            if (bytes == null) {
                return;
            }
            bytes = null;
        }
        share.run();
    }
}
