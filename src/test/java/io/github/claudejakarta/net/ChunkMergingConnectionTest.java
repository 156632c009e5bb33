package io.github.claudejakarta.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.runtime.Watchdog;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.TruncatedChunkException;
import org.apache.hc.core5.http.impl.BasicHttpTransportMetrics;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.apache.hc.core5.io.CloseMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkMergingConnectionTest {

    private static final String EVENT =
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0}\n\n";
    private static final String END = "0\r\n\r\n";

    /** The bytes for each read of the socket. A read without bytes fails the test, because it would block. */
    private final Deque<byte[]> arrived = new ArrayDeque<>();

    private boolean isClosed;

    private final InputStream socket = new InputStream() {
        @Override
        public int read() {
            throw new AssertionError("single bytes must not be read");
        }

        @Override
        public int read(byte[] target, int from, int length) {
            byte[] next = arrived.poll();
            if (next == null) {
                assertThat(isClosed).as("a read that would block").isTrue();
                return -1;
            }
            int count = Math.min(next.length, length);
            System.arraycopy(next, 0, target, from, count);
            if (count < next.length) {
                arrived.addFirst(Arrays.copyOfRange(next, count, next.length));
            }
            return count;
        }
    };

    private InputStream body(String... reads) throws IOException {
        for (String read : reads) {
            arrived.add(read.getBytes(StandardCharsets.UTF_8));
        }
        return new ChunkMergingConnection(null, new Watchdog(System::nanoTime))
                .createContentInputStream(ContentLengthStrategy.CHUNKED, received(), socket);
    }

    /** Returns a buffer like that of a connection. */
    private static SessionInputBufferImpl received() {
        return new SessionInputBufferImpl(new BasicHttpTransportMetrics(), 4 << 10, -1, 0, null);
    }

    private static String chunk(String data) {
        return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
    }

    private static String read(InputStream in, int length) throws IOException {
        byte[] bytes = new byte[length];
        int count = in.read(bytes, 0, length);
        return count < 0 ? null : new String(bytes, 0, count, StandardCharsets.UTF_8);
    }

    @Test
    void oneReadReturnsAllArrivedChunks() throws Exception {
        InputStream body = body(chunk(EVENT).repeat(20));

        assertThat(read(body, 8 << 10)).isEqualTo(EVENT.repeat(20));
    }

    @Test
    void returnsASingleChunkWithoutReadingMore() throws Exception {
        InputStream body = body(chunk(EVENT), chunk(EVENT));

        assertThat(read(body, 8 << 10)).isEqualTo(EVENT);
        assertThat(read(body, 8 << 10)).isEqualTo(EVENT);
    }

    @Test
    void stopsAtTheRequestedLength() throws Exception {
        InputStream body = body(chunk(EVENT).repeat(3));

        assertThat(read(body, EVENT.length() + 5)).isEqualTo(EVENT + EVENT.substring(0, 5));
        assertThat(read(body, 8 << 10)).isEqualTo(EVENT.substring(5) + EVENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 40, 63, 64, 65, 66, 67, 68, 69, 70})
    void doesNotWaitForAPartialChunkAfterWholeEvents(int length) throws Exception {
        InputStream body = body(chunk(EVENT) + chunk(EVENT) + chunk(EVENT).substring(0, length));

        assertThat(read(body, 8 << 10)).startsWith(EVENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 100, 8 << 10})
    void readsTheSameBytesForAnyCut(int cut) throws Exception {
        String wire = chunk(EVENT).repeat(50) + chunk("x".repeat(5_000)) + END;
        var reads = new String[(wire.length() + cut - 1) / cut];
        for (int i = 0; i < reads.length; i++) {
            reads[i] = wire.substring(i * cut, Math.min(wire.length(), (i + 1) * cut));
        }

        assertThat(all(body(reads), 8 << 10)).isEqualTo(EVENT.repeat(50) + "x".repeat(5_000));
    }

    @Test
    void reportsTheEndAfterTheLastByte() throws Exception {
        InputStream body = body(chunk(EVENT).repeat(2) + END);

        assertThat(read(body, 8 << 10)).isEqualTo(EVENT.repeat(2));
        assertThat(read(body, 8 << 10)).isNull();
        assertThat(read(body, 8 << 10)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"no chunk\r\n", "no chunk"})
    void returnsTheBytesBeforeAnInvalidChunkAndThenFails(String garbage) throws Exception {
        InputStream body = body(chunk(EVENT).repeat(2) + garbage.repeat(20));
        isClosed = true;

        assertThat(read(body, 8 << 10)).isEqualTo(EVENT.repeat(2));
        for (int i : List.of(1, 2)) {
            assertThatThrownBy(() -> read(body, 8 << 10))
                    .as("read %d", i)
                    .isInstanceOf(MalformedChunkCodingException.class);
        }
    }

    @Test
    void aBodyTruncatedAfterAChunkHeaderFails() throws Exception {
        InputStream body = body(chunk(EVENT) + "5;" + "x".repeat(80) + "\r\n");
        isClosed = true;

        assertThat(read(body, 8 << 10)).isEqualTo(EVENT);
        assertThatThrownBy(() -> read(body, 8 << 10)).isInstanceOf(TruncatedChunkException.class);
    }

    @Test
    void aTruncatedBodyFails() throws Exception {
        InputStream body = body(chunk(EVENT) + chunk(EVENT).substring(0, 70));
        isClosed = true;

        assertThat(read(body, 8 << 10)).startsWith(EVENT);
        assertThatThrownBy(() -> all(body, 100)).isInstanceOf(TruncatedChunkException.class);
    }

    @Test
    void closesASocketThatIsBoundAfterTheEnd() throws Exception {
        var connection = new ChunkMergingConnection(null, new Watchdog(System::nanoTime));
        connection.close(CloseMode.IMMEDIATE);
        var late = new Socket();

        assertThatThrownBy(() -> connection.bind(late)).isInstanceOf(InterruptedIOException.class);

        assertThat(late.isClosed()).isTrue();
    }

    @Test
    void readsABodyOfKnownLength() throws Exception {
        InputStream body = new ChunkMergingConnection(null, new Watchdog(System::nanoTime))
                .createContentInputStream(
                        5,
                        received(),
                        new ByteArrayInputStream("hello, and the next answer".getBytes(StandardCharsets.UTF_8)));

        assertThat(all(body, 100)).isEqualTo("hello");
    }

    private static String all(InputStream in, int length) throws IOException {
        var all = new ByteArrayOutputStream();
        byte[] buffer = new byte[length];
        for (int count = in.read(buffer, 0, length); count >= 0; count = in.read(buffer, 0, length)) {
            all.write(buffer, 0, count);
        }
        return all.toString(StandardCharsets.UTF_8);
    }
}
