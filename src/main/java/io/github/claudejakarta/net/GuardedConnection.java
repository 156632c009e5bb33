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
 * A client's connection to a server that may misbehave. Response heads are limited ({@link HeadLimits}). A response
 * that arrives before the whole request was sent is read: a gateway that answers 413, 429 or 401 early closes the
 * connection, and the caller needs its answer rather than the failed write.
 *
 * <p>While a body is sent, {@link EarlyResponseWatch} checks for a response. After a failed write, the connection
 * checks again: on Linux, TCP keeps the bytes that arrived before the reset (other systems may discard them). A
 * connection whose request was not sent completely is not reused.
 *
 * <p>HttpClient's log of headers and bytes ({@code org.apache.hc.client5.http.wire}) is disabled, because it would
 * contain prompts.
 *
 * <p>For use by one thread at a time, except {@link #close(CloseMode)}, which any thread may call.
 */
public class GuardedConnection extends DefaultBHttpClientConnection implements ManagedHttpClientConnection {

    /** The maximum number of interim responses (1xx) to one request. An endless sequence would block the connection. */
    private static final int MAX_INTERIM_RESPONSES = 20;
    /** The longest wait for the head of a response after the request could not be sent. */
    private static final Timeout LAST_WAIT = Timeout.ofSeconds(5);

    private static final Timeout SHORT_WAIT = Timeout.ofMilliseconds(1);

    private final Watchdog watchdog;
    private volatile boolean isClosed;
    /** The TCP socket. With TLS it differs from the connection's socket. */
    private volatile Socket tcp;

    private int interimResponses;
    private ClassicHttpResponse earlyResponse;
    private IOException sendFailure;
    /** True from the first byte of a request to its last. Stays true if the last byte was not sent. */
    private volatile boolean isSending;
    /** Whether sending stopped before the end of the request. */
    private volatile boolean isCutShort;

    /**
     * Creates a connection.
     *
     * @param socket a connected socket, or null
     * @param watchdog detects that the server has answered and does not read any more
     */
    @SuppressWarnings("this-escape") // Subclasses have nothing that bind needs.
    public GuardedConnection(Socket socket, Watchdog watchdog) throws IOException {
        super(HeadLimits.CONFIG, null, null, null, null, null, HeadLimits::parser);
        this.watchdog = watchdog;
        if (socket != null) {
            bind(socket);
        }
    }

    /** Binds a socket. If the request was canceled while its connection was opened, the socket is closed. */
    @Override
    protected void bind(SocketHolder holder) throws IOException {
        super.bind(holder);
        // TLS is a layer over a socket that was bound before.
        if (!(holder.getSocket() instanceof SSLSocket)) {
            tcp = holder.getSocket();
        }
        if (isClosed) {
            holder.getSocket().close();
            throw new InterruptedIOException("The connection was closed before it was open");
        }
    }

    @Override
    public void bind(Socket socket) throws IOException {
        bind(new SocketHolder(socket));
    }

    /** Closes without a flush, which could block if the server does not read; no other thread could end the write. */
    @Override
    public void close() {
        close(CloseMode.GRACEFUL);
    }

    @Override
    public void close(CloseMode mode) {
        isClosed = true;
        if (isSending) {
            // TLS would first write its close_notify, and wait for the stuck write.
            abort(tcp);
        }
        super.close(mode);
    }

    private static void abort(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // The socket is already closed.
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

    /** Does nothing, because the pool sets no socket time-out. */
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
            stopSending(e);
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
            // The writer of the body may have wrapped the exception.
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
            stopSending(e);
        }
    }

    /**
     * Records a failed write and stops sending. The server may have answered before it stopped reading, so the response
     * is still read.
     */
    void stopSending(IOException failure) throws IOException {
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
     * Reads a response that has arrived before the whole request was sent. Interim responses are skipped.
     *
     * @return whether a response has arrived; then sending must stop
     */
    boolean hasEarlyResponse() throws IOException {
        try {
            while (earlyResponse == null && hasReceived()) {
                ClassicHttpResponse response = readHead();
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

    /**
     * Whether bytes of a response have arrived. With TLS they may belong to TLS itself (session tickets), so a read
     * decides.
     */
    private boolean hasReceived() {
        try {
            return hasUnread() && (tcp == getSocket() || isDataAvailable(SHORT_WAIT));
        } catch (IOException e) {
            // The next write fails too, and reports the cause.
            return false;
        }
    }

    /** Whether the TCP socket has unread bytes. Any thread may call this. */
    boolean hasUnread() throws IOException {
        return tcp.getInputStream().available() > 0;
    }

    /** Ends a stuck write. The response can still be read. */
    void endSending() {
        try {
            tcp.shutdownOutput();
        } catch (IOException e) {
            // The connection, and with it the write, has already ended.
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
        return sendFailure == null ? readHead() : responseAfter(sendFailure);
    }

    /** Waits briefly for a response to a request that could not be sent. Without one, the failure is thrown. */
    private ClassicHttpResponse responseAfter(IOException failure) throws IOException {
        Timeout before = getSocketTimeout();
        setSocketTimeout(LAST_WAIT);
        try {
            ClassicHttpResponse response = readHead();
            while (!isFinal(response)) {
                response = readHead();
            }
            return response;
        } catch (IOException | HttpException e) {
            failure.addSuppressed(e);
            throw failure;
        } finally {
            setSocketTimeout(before);
        }
    }

    private ClassicHttpResponse readHead() throws HttpException, IOException {
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
