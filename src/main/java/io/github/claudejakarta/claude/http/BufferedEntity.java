package io.github.claudejakarta.claude.http;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;

/**
 * The body of a call, sent from the bytes in the call. Jersey would copy an array twice and keep one copy until the
 * response is closed, which is long for a stream. This entity gives Jersey no array to keep.
 */
final class BufferedEntity extends AbstractHttpEntity {

    private static final byte[] RELEASED = {};

    private final ClaudeCall call;
    private final long length;

    BufferedEntity(ClaudeCall call) {
        super(ContentType.APPLICATION_JSON.getMimeType(), null);
        this.call = call;
        this.length = bytes().length;
    }

    private byte[] bytes() {
        return call.bodyBytes().orElse(RELEASED);
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
        // The call owns the bytes.
    }

    /** Reads the bytes. It refers to them only between its first read and its end. */
    private static final class Content extends InputStream {

        private final ClaudeCall call;
        private ByteArrayInputStream bytes;
        private boolean hasEnded;

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
            if (hasEnded) {
                return -1;
            }
            if (bytes == null) {
                bytes = new ByteArrayInputStream(call.bodyBytes().orElse(RELEASED));
            }
            int count = bytes.read(buffer, offset, length);
            if (count < 0) {
                close();
            }
            return count;
        }

        @Override
        public void close() {
            hasEnded = true;
            bytes = null;
        }
    }
}
