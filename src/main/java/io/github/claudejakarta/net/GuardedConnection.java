package io.github.claudejakarta.net;

import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.List;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.core5.function.Supplier;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.impl.io.SocketHolder;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.apache.hc.core5.http.io.SessionOutputBuffer;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.io.Closer;
import org.apache.hc.core5.util.Timeout;

/**
 * A client's connection to a server that may misbehave. Response heads are limited ({@link HeadLimits}), and a response
 * that arrives before the request was sent whole is read: an edge that answers 413, 429 or 401 early closes the
 * connection, and the failed write is not the answer.
 *
 * <p>While a body is sent, {@link EarlyResponseWatch} looks for a response. After a write that failed, the response is
 * looked for once more: TCP keeps what arrived before the reset on Linux (other systems may discard it). A connection
 * whose request was not sent whole is not used again.
 *
 * <p>HttpClient's log of headers and bytes ({@code org.apache.hc.client5.http.wire}) is not written: it would contain
 * prompts.
 *
 * <p>For use by one thread at a time, except {@link #close(CloseMode)}, which any thread may call.
 */
public class GuardedConnection extends DefaultBHttpClientConnection implements ManagedHttpClientConnection {

    /**
     * Interim responses (1xx) to one request; more are refused, as a sequence without end would hold the connection.
     */
    private static final int MAX_INTERIM_RESPONSES = 20;
    /** The longest wait for the head of a response after the request could not be sent. */
    private static final Timeout LAST_WAIT = Timeout.ofSeconds(5);

    private static final Timeout ONE_LOOK = Timeout.ofMilliseconds(1);

    private final Watchdog watchdog;
    private volatile boolean isClosed;
    /** The TCP socket, which is not the connection's own where there is TLS. */
    private volatile Socket tcp;

    private int interimResponses;
    private ClassicHttpResponse earlyResponse;
    private IOException sendFailure;
    /** From the first byte of a request to its last, and for ever where the last was not sent. */
    private volatile boolean isSending;
    /** Nothing more of the request is sent. */
    private volatile boolean isCutShort;

    /**
     * Creates a connection.
     *
     * @param socket already connected, or null
     * @param watchdog which notices that the server answers and reads no further
     */
    @SuppressWarnings("this-escape") // Subclasses have nothing that bind needs.
    public GuardedConnection(Socket socket, Watchdog watchdog) throws IOException {
        super(HeadLimits.CONFIG, null, null, null, null, null, HeadLimits::parser);
        this.watchdog = watchdog;
        if (socket != null) {
            bind(socket);
        }
    }

    /**
     * A request may be canceled while its connection is opened: then the socket arrives after the end, and is closed.
     */
    @Override
    protected void bind(SocketHolder holder) throws IOException {
        super.bind(holder);
        // TLS is a layer over a socket that was bound before.
        if (!(holder.getSocket() instanceof SSLSocket)) {
            tcp = holder.getSocket();
        }
        if (isClosed) {
            holder.getSocket().close();
            throw new InterruptedIOException("The connection was closed while it was opened");
        }
    }

    @Override
    public void bind(Socket socket) throws IOException {
        bind(new SocketHolder(socket));
    }

    /** Flushes nothing: the server may not read, and no other thread could end the write. */
    @Override
    public void close() {
        close(CloseMode.GRACEFUL);
    }

    @Override
    public void close(CloseMode mode) {
        isClosed = true;
        if (isSending) {
            // TLS would first write its close_notify, and wait for a write that is stuck.
            abort(tcp);
        }
        super.close(mode);
    }

    private static void abort(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // closed already
        } finally {
            Closer.closeQuietly(socket);
        }
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

    /** Does nothing: the pool sets no socket time-out that would have to be removed or restored. */
    @Override
    public void passivate() {}

    @Override
    public void activate() {}

    @Override
    public boolean isConsistent() {
        return super.isConsistent() && !isSending;
    }

    // Sending.

    @Override
    public void sendRequestHeader(ClassicHttpRequest request) throws HttpException, IOException {
        interimResponses = 0;
        isSending = true;
        try {
            super.sendRequestHeader(request);
        } catch (IOException e) {
            couldNotSend(e);
        }
    }

    @Override
    public void sendRequestEntity(ClassicHttpRequest request) throws HttpException, IOException {
        if (isCutShort) {
            return;
        }
        try {
            super.sendRequestEntity(request);
        } catch (IOException | RuntimeException e) {
            // Whatever wrote the body may have wrapped the exception that ended it.
            if (!isCutShort) {
                throw e;
            }
        }
    }

    @Override
    protected OutputStream createContentOutputStream(
            long length, SessionOutputBuffer buffer, OutputStream out, Supplier<List<? extends Header>> trailers) {
        return super.createContentOutputStream(length, buffer, new EarlyResponseWatch(this, out), trailers);
    }

    @Override
    public void flush() throws IOException {
        if (isCutShort) {
            return;
        }
        try {
            super.flush();
            isSending = false;
        } catch (IOException e) {
            couldNotSend(e);
        }
    }

    /** The server may have answered before it stopped reading. */
    void couldNotSend(IOException failure) throws IOException {
        if (isClosed || !isOpen()) {
            throw failure;
        }
        isCutShort = true;
        sendFailure = failure;
    }

    boolean isCutShort() {
        return isCutShort;
    }

    /**
     * Reads a response that is there although the request was not sent whole. Interim responses are skipped.
     *
     * @return whether there is one; then nothing more of the request is to be sent
     */
    boolean hasEarlyResponse() throws IOException {
        try {
            while (earlyResponse == null && hasReceived()) {
                ClassicHttpResponse response = head();
                if (isFinal(response)) {
                    isCutShort = true;
                    earlyResponse = response;
                }
            }
            return earlyResponse != null;
        } catch (HttpException e) {
            throw new ClientProtocolException(e.getMessage(), e);
        }
    }

    /** Over TLS the bytes that have arrived may be TLS's own (session tickets), so a read decides. */
    private boolean hasReceived() {
        try {
            return hasUnread() && (tcp == getSocket() || isDataAvailable(ONE_LOOK));
        } catch (IOException e) {
            // The write that follows fails too, and says why.
            return false;
        }
    }

    /** Whether bytes have arrived at the TCP socket that nobody has read; any thread may ask. */
    boolean hasUnread() throws IOException {
        return tcp.getInputStream().available() > 0;
    }

    /** Ends a write that is stuck, and nothing else: the response can still be read. */
    void endSending() {
        try {
            tcp.shutdownOutput();
        } catch (IOException e) {
            // The write has ended, with the connection.
        }
    }

    Watchdog watchdog() {
        return watchdog;
    }

    // Receiving.

    @Override
    protected InputStream createContentInputStream(long length, SessionInputBuffer received, InputStream in) {
        return super.createContentInputStream(length, new HeadLimits(received), in);
    }

    @Override
    public ClassicHttpResponse receiveResponseHeader() throws HttpException, IOException {
        if (earlyResponse != null) {
            ClassicHttpResponse response = earlyResponse;
            earlyResponse = null;
            return response;
        }
        return sendFailure == null ? head() : responseInSpiteOf(sendFailure);
    }

    private ClassicHttpResponse responseInSpiteOf(IOException failure) throws IOException {
        Timeout before = getSocketTimeout();
        setSocketTimeout(LAST_WAIT);
        try {
            ClassicHttpResponse response = head();
            while (!isFinal(response)) {
                response = head();
            }
            return response;
        } catch (IOException | HttpException e) {
            failure.addSuppressed(e);
            throw failure;
        } finally {
            setSocketTimeout(before);
        }
    }

    private ClassicHttpResponse head() throws HttpException, IOException {
        ClassicHttpResponse response = super.receiveResponseHeader();
        if (!isFinal(response) && ++interimResponses > MAX_INTERIM_RESPONSES) {
            throw new MessageConstraintException("More than " + MAX_INTERIM_RESPONSES + " interim responses (1xx)");
        }
        return response;
    }

    private static boolean isFinal(ClassicHttpResponse response) {
        return response.getCode() >= HttpStatus.SC_SUCCESS;
    }
}
