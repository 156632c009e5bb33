package io.github.claudejakarta.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ClosedConnectionsTest {

    private static final byte[] NEXT_REQUEST = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private ServerSocketChannel server;
    private Socket client;
    private SocketChannel accepted;

    @BeforeEach
    void connect() throws IOException {
        connect("127.0.0.1");
    }

    /** Connects to a server socket that accepts IPv6 and IPv4. */
    private void connect(String address) throws IOException {
        close();
        server = ServerSocketChannel.open().bind(new InetSocketAddress(0));
        client = new Socket(InetAddress.getByName(address), server.socket().getLocalPort());
        accepted = server.accept();
        accepted.configureBlocking(false);
    }

    @AfterEach
    void close() throws IOException {
        if (server != null) {
            server.close();
            client.close();
            accepted.close();
        }
    }

    @Test
    void aSilentClientIsConnected() {
        assertThat(isClosed()).isFalse();
    }

    @Test
    void aClientThatClosesIsDetected() throws Exception {
        client.close();

        assertClosed();
    }

    @Test
    void aClientThatResetsIsDetected() throws Exception {
        client.setSoLinger(true, 0);
        client.close();

        assertClosed();
    }

    @Test
    void aClientThatSendsMoreIsConnectedAndLosesNoByte() throws Exception {
        client.getOutputStream().write(NEXT_REQUEST);
        awaitBytes();

        assertThat(isClosed()).isFalse();
        accepted.configureBlocking(true);
        assertThat(accepted.socket().getInputStream().readNBytes(NEXT_REQUEST.length))
                .isEqualTo(NEXT_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    @EnabledOnOs(OS.LINUX)
    void aClientThatClosesAfterUnreadBytesIsDetected(String address) throws Exception {
        connect(address);
        client.getOutputStream().write(NEXT_REQUEST);
        awaitBytes();
        assertThat(isClosed()).isFalse();
        client.close();

        assertClosed();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aClientThatResetsAfterUnreadBytesIsDetected() throws Exception {
        client.getOutputStream().write(NEXT_REQUEST);
        awaitBytes();
        client.setSoLinger(true, 0);
        client.close();

        assertClosed();
    }

    @Test
    void onlyClosedConnectionsAreFound() throws Exception {
        try (Socket other = new Socket(
                        InetAddress.getByName("127.0.0.1"), server.socket().getLocalPort());
                SocketChannel otherAccepted = server.accept()) {
            otherAccepted.configureBlocking(false);
            other.getOutputStream().write(NEXT_REQUEST);
            client.getOutputStream().write(NEXT_REQUEST);
            awaitBytes();
            client.close();
            assertClosed();

            assertThat(ClosedConnections.among(List.of(accepted.socket(), otherAccepted.socket())))
                    .isEqualTo(Set.of(accepted.socket()));
        }
    }

    /** The check is not possible in blocking mode. */
    @Test
    void aBlockingSocketCountsAsOpen() throws Exception {
        accepted.configureBlocking(true);
        client.close();

        assertThat(isClosed()).isFalse();
    }

    @Test
    void aSocketThatTheServerHasClosedCountsAsClosed() throws Exception {
        accepted.close();

        assertThat(isClosed()).isTrue();
    }

    /** Many checks do not increase the number of open files. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void leavesNoFileOpen() throws Exception {
        isClosed();
        long before = openFiles();
        for (int i = 0; i < 50; i++) {
            isClosed();
        }
        assertThat(openFiles()).isLessThan(before + 50);
    }

    private static long openFiles() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    private boolean isClosed() {
        return !ClosedConnections.among(List.of(accepted.socket())).isEmpty();
    }

    /** Waits until the end arrives: also over loopback it takes a moment. */
    private void assertClosed() throws InterruptedException {
        while (!isClosed()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private void awaitBytes() throws Exception {
        while (accepted.socket().getInputStream().available() < NEXT_REQUEST.length) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }
}
