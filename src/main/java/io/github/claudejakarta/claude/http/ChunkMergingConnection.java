package io.github.claudejakarta.claude.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.Socket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.impl.io.DefaultHttpResponseParserFactory;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.impl.io.SocketHolder;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.apache.hc.core5.io.CloseMode;

/**
 * A connection on which one read takes all chunks that have arrived. HttpClient's own body stream sees no further than the
 * chunk it is in, and an upstream that sends each event as a chunk would be read, and written on, event by event however many
 * are waiting.
 *
 * <p>HttpClient's log of headers and bytes ({@code org.apache.hc.client5.http.wire}) is not written: it would have prompts in it.
 */
final class ChunkMergingConnection extends DefaultBHttpClientConnection implements ManagedHttpClientConnection {

    /** An idle connection costs three buffers of this size. */
    private static final Http1Config CONFIG = Http1Config.custom().setBufferSize(4 << 10).build();

    private volatile boolean isClosed;

    /** @param socket connected already, or null */
    ChunkMergingConnection(Socket socket) throws IOException {
        super(CONFIG, null, null, null, null, null, DefaultHttpResponseParserFactory.INSTANCE);
        if (socket != null) {
            bind(socket);
        }
    }

    /** A request may be called off while its connection is made: then the socket comes after the end, and is closed. */
    @Override
    protected void bind(SocketHolder holder) throws IOException {
        super.bind(holder);
        if (isClosed) {
            holder.getSocket().close();
            throw new InterruptedIOException("The connection was closed while it was made");
        }
    }

    @Override
    public void bind(Socket socket) throws IOException {
        bind(new SocketHolder(socket));
    }

    @Override
    public void close() throws IOException {
        isClosed = true;
        super.close();
    }

    @Override
    public void close(CloseMode mode) {
        isClosed = true;
        super.close(mode);
    }

    @Override
    public Socket getSocket() {
        SocketHolder holder = getSocketHolder();
        return holder == null ? null : holder.getSocket();
    }

    @Override
    public SSLSession getSSLSession() {
        return getSocket() instanceof SSLSocket secured ? secured.getSession() : null;
    }

    /** Nothing to do when it goes to the pool: there is no socket time-out to take off, or to put back. */
    @Override
    public void passivate() {
    }

    @Override
    public void activate() {
    }

    @Override
    protected InputStream createContentInputStream(long length, SessionInputBuffer received, InputStream in) {
        return length == ContentLengthStrategy.CHUNKED
            ? new MergedChunks(received, in)
            : super.createContentInputStream(length, received, in);
    }

    /**
     * One read goes on through the chunks that are here, and waits for the first bytes only. (It would wait for the rest of the
     * head of a chunk, or of a trailer, that is longer than any seen and has arrived in part.)
     */
    private static final class MergedChunks extends ChunkedInputStream {

        /** The end of a chunk and the header of the next are shorter: where more has been received, there is data in it. */
        private static final int LONGEST_CHUNK_HEADER = 64;

        private final SessionInputBuffer received;
        private IOException failure;

        MergedChunks(SessionInputBuffer received, InputStream in) {
            super(received, in);
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
