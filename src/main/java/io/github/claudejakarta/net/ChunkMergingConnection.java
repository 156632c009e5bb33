package io.github.claudejakarta.net;

import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.io.SessionInputBuffer;

/**
 * A connection on which one read returns all chunks that have arrived. HttpClient's own body stream returns at most one
 * chunk for each read. If an upstream sends each event as a chunk, the server would then read and forward each event
 * separately, even if many are waiting.
 */
public final class ChunkMergingConnection extends GuardedConnection {

    public ChunkMergingConnection(Socket socket, Watchdog watchdog) throws IOException {
        super(socket, watchdog);
    }

    @Override
    protected InputStream createContentInputStream(long length, SessionInputBuffer received, InputStream in) {
        return length == ContentLengthStrategy.CHUNKED
                ? new MergedChunks(new HeadLimits(received), in)
                : super.createContentInputStream(length, received, in);
    }

    /**
     * Reads through all chunks that have arrived, and waits only for the first bytes. It would also wait for the rest
     * of a chunk header or trailer that has arrived in part and is longer than {@value #MAX_CHUNK_HEADER} bytes.
     */
    private static final class MergedChunks extends ChunkedInputStream {

        /**
         * The end of a chunk and the next header are shorter than this, in bytes. If more bytes have been received,
         * they contain data.
         */
        private static final int MAX_CHUNK_HEADER = 64;

        private final SessionInputBuffer received;
        private IOException failure;

        MergedChunks(SessionInputBuffer received, InputStream in) {
            super(received, in, HeadLimits.CONFIG);
            this.received = received;
        }

        @Override
        public int read(byte[] target, int from, int length) throws IOException {
            if (failure != null) {
                throw failure;
            }
            int count = super.read(target, from, length);
            while (count > 0 && count < length && received.length() > MAX_CHUNK_HEADER) {
                int more = readMore(target, from + count, length - count);
                if (more <= 0) {
                    break;
                }
                count += more;
            }
            return count;
        }

        /** Reads more bytes. A failure is thrown by the next read, so that the bytes before it are returned. */
        private int readMore(byte[] target, int from, int length) {
            try {
                return super.read(target, from, length);
            } catch (IOException e) {
                failure = e;
                return 0;
            }
        }
    }
}
