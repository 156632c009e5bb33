package io.github.claudejakarta.net;

import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.io.SessionInputBuffer;

/**
 * A connection on which one read takes all chunks that have arrived. HttpClient's own body stream sees no further than
 * the chunk it is in, and an upstream that sends each event as a chunk would be read, and written on, event by event
 * however many are waiting.
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
     * One read goes on through the chunks that are here, and waits for the first bytes only. (It would wait for the
     * rest of the head of a chunk, or of a trailer, that is longer than any seen and has arrived in part.)
     */
    private static final class MergedChunks extends ChunkedInputStream {

        /**
         * The end of a chunk and the header of the next are shorter: where more has been received, there is data in it.
         */
        private static final int LONGEST_CHUNK_HEADER = 64;

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
            while (count > 0 && count < length && received.length() > LONGEST_CHUNK_HEADER) {
                int more = readOn(target, from + count, length - count);
                if (more <= 0) {
                    break;
                }
                count += more;
            }
            return count;
        }

        /** What was read before a chunk that is none counts; the failure comes with the next read. */
        private int readOn(byte[] target, int from, int length) {
            try {
                return super.read(target, from, length);
            } catch (IOException e) {
                failure = e;
                return 0;
            }
        }
    }
}
