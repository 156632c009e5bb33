package io.github.claudejakarta.claude;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * A body in memory, and the share of the server's memory that was reserved for it. Both are released together, while
 * its request may still be referenced.
 *
 * <p>A body has one owner at a time, who releases it: the request that it arrived with, then the call that sends it,
 * which releases it when Claude has begun to answer, or the stream that may have to send it again.
 *
 * <p>Safe for use by many threads.
 */
public final class BufferedBody implements RequestBody {

    private final Runnable share;
    private byte[] bytes;

    /** @param share releases the memory that was reserved for the bytes; run once */
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

    /** Releases the bytes and their share of the memory. It has no effect the second time. */
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
