package io.github.claudejakarta.upstream;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A port of 127.0.0.1 that refuses connections until this object is closed. The port stays bound, without a listener: a
 * port that was free a moment ago may belong to another process when a test connects to it.
 */
public final class RefusingPort implements AutoCloseable {

    private final Socket bound = new Socket();

    public RefusingPort() {
        try {
            bound.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int number() {
        return bound.getLocalPort();
    }

    @Override
    public void close() {
        try {
            bound.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
