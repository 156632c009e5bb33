package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Watchdog;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;

/**
 * The body of an answer of any length, read as it arrives. {@link Watchdog} cuts the connection when a read waits for
 * too long.
 *
 * <p>{@link #close} does not read the rest of the body: it cuts the connection. For use by one thread at a time.
 */
final class Download extends FilterInputStream {

    private final ClaudeCall call;
    private final Runnable release;
    private boolean isComplete;

    Download(ClaudeCall call, InputStream body, Runnable release) {
        super(body);
        this.call = call;
        this.release = release;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        call.responseTimeout().startWait();
        try {
            int count = in.read(buffer, offset, length);
            isComplete |= count < 0;
            return count;
        } catch (IOException | IllegalStateException e) {
            // If the connection was cut, Jersey's stream throws an IllegalStateException ("closed").
            throw broken(e);
        } finally {
            call.responseTimeout().endWait();
        }
    }

    private IOException broken(Exception e) {
        call.observation().recordFailure(call, call.responseTimeout().isTimedOut() ? ErrorType.TIMEOUT : ErrorType.API);
        IOException failure = call.responseTimeout().isTimedOut()
                ? new SocketTimeoutException(call.responseTimeout().timeout().errorMessage())
                : new IOException(UndecodableBody.failure(e).errorMessage());
        failure.initCause(e);
        return failure;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    @Override
    public void close() {
        try {
            release.run();
        } finally {
            if (!isComplete) {
                call.observation().recordUnreadRest();
            }
            call.observation().end(call);
        }
    }
}
