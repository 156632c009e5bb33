package io.github.claudejakarta.claude.http;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;

/**
 * The body of a call, sent from the bytes that the call holds. Jersey would make two copies of an array, and keep one
 * for as long as the response is open, which for a stream is long; of this it knows nothing that it could keep.
 */
final class BufferedEntity extends AbstractHttpEntity {

    private static final byte[] FORGOTTEN = {};

    private final ClaudeCall call;
    private final long length;

    BufferedEntity(ClaudeCall call) {
        super(ContentType.APPLICATION_JSON.getMimeType(), null);
        this.call = call;
        this.length = bytes().length;
    }

    private byte[] bytes() {
        return call.keptBody().orElse(FORGOTTEN);
    }

    @Override
    public long getContentLength() {
        return length;
    }

    @Override
    public boolean isRepeatable() {
        return true;
    }

    @Override
    public boolean isStreaming() {
        return false;
    }

    @Override
    public InputStream getContent() {
        return new Content(call);
    }

    @Override
    public void close() {
        // The bytes are the call's.
    }

    /** Holds the bytes while it is read, and not before or after. */
    private static final class Content extends InputStream {

        private final ClaudeCall call;
        private ByteArrayInputStream begun;
        private boolean isOver;

        Content(ClaudeCall call) {
            this.call = call;
        }

        @Override
        public int read() {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            if (isOver) {
                return -1;
            }
            if (begun == null) {
                begun = new ByteArrayInputStream(call.keptBody().orElse(FORGOTTEN));
            }
            int count = begun.read(buffer, offset, length);
            if (count < 0) {
                close();
            }
            return count;
        }

        @Override
        public void close() {
            isOver = true;
            begun = null;
        }
    }
}
