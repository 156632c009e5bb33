package io.github.claudejakarta.socket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.web.Shutdown;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SocketInputTest {

    private final TestSocket socket = new TestSocket();
    private final Recorded protocol = new Recorded();

    /** A protocol that records its calls, and fails where the test decides. */
    private static final class Recorded implements SocketProtocol {

        private final List<String> calls = new ArrayList<>();
        /** Receives each call, and may fail. */
        private Consumer<String> reaction = call -> {};

        private void note(String call) {
            calls.add(call);
            reaction.accept(call);
        }

        @Override
        public void begin() {
            note("begin");
        }

        @Override
        public void announced(long bytes) {
            note("announced " + bytes);
        }

        @Override
        public void text(byte[] bytes, int offset, int length, boolean isLast) {
            note("text " + new String(bytes, offset, length, UTF_8) + (isLast ? "." : "..."));
        }

        @Override
        public void failed(ClaudeException why, CloseCode code) {
            note("failed " + code + " " + why.type());
        }

        @Override
        public void end() {
            note("end");
        }
    }

    @AfterEach
    void close() {
        socket.close();
    }

    private List<String> read(ClientFrames frames) {
        return read(new ByteArrayInputStream(frames.bytes()));
    }

    private List<String> read(InputStream connection) {
        new SocketInput(socket.client(), protocol, connection, () -> protocol.calls.add("ended")).run();
        return protocol.calls;
    }

    private void fail(String call, Supplier<RuntimeException> failure) {
        protocol.reaction = called -> {
            if (called.equals(call)) {
                throw failure.get();
            }
        };
    }

    @Test
    void passesMessagesOnUntilTheClientCloses() {
        var frames = new ClientFrames()
                .text("a")
                .add(ClientFrames.TEXT, false, "b".getBytes(UTF_8))
                .add(ClientFrames.CONTINUATION, true, "c".getBytes(UTF_8))
                .add(ClientFrames.CLOSE, true, new byte[0])
                .text("is not read");

        assertThat(read(frames))
                .containsExactly(
                        "begin",
                        "announced 1",
                        "text a.",
                        "announced 1",
                        "text b...",
                        "announced 2",
                        "text c.",
                        "end",
                        "ended");
        assertThat(socket.frames()).containsExactly("CLOSE 1000");
    }

    @Test
    void aConnectionThatEndsWithoutACloseFrameIsClosedToo() {
        assertThat(read(new ClientFrames().text("a")))
                .containsExactly("begin", "announced 1", "text a.", "end", "ended");
        assertThat(socket.frames()).containsExactly("CLOSE 1001");
    }

    @Test
    void aConnectionThatFailsEnds() {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Connection reset");
            }
        };

        assertThat(read(broken)).containsExactly("begin", "end", "ended");
    }

    @Test
    void aPingIsAnswered() {
        read(new ClientFrames().add(ClientFrames.PING, true, "x".getBytes(UTF_8)));

        assertThat(socket.frames()).containsExactly("PONG x", "CLOSE 1001");
    }

    @Test
    void aPingOfAClientThatHasLeftHasNoEffect() {
        socket.leave();

        assertThat(read(new ClientFrames()
                        .add(ClientFrames.PING, true, new byte[0])
                        .text("a")))
                .containsExactly("begin", "announced 1", "text a.", "end", "ended");
    }

    @Test
    void aBinaryMessageIsRejected() {
        assertThat(read(new ClientFrames().add(ClientFrames.BINARY, true, new byte[3])))
                .containsExactly("begin", "failed POLICY_VIOLATION invalid_request_error", "end", "ended");
    }

    /** If a connection is closed with unread bytes, the client may lose the error. */
    @Test
    void bytesAfterABrokenFrameAreReadAndIgnored() throws IOException {
        var rest = new ByteArrayInputStream(new ClientFrames()
                .raw(0xF1, 0x80, 1, 2, 3, 4)
                .text("a".repeat(20_000))
                .text("b")
                .bytes());

        assertThat(read(rest)).containsExactly("begin", "failed PROTOCOL_ERROR invalid_request_error", "end", "ended");
        assertThat(rest.read()).isEqualTo(-1);
    }

    @Test
    void textThatIsNotUtf8HasItsOwnCode() {
        assertThat(read(new ClientFrames().add(ClientFrames.TEXT, true, new byte[] {(byte) 0xFF})))
                .containsExactly("begin", "announced 1", "failed INVALID_TEXT invalid_request_error", "end", "ended");
    }

    @ParameterizedTest
    @ValueSource(strings = {"begin", "announced 1", "text a."})
    void anErrorOfTheProtocolIsPassedToIt(String call) {
        fail(call, () -> ClaudeException.of(ErrorType.REQUEST_TOO_LARGE, "x"));

        assertThat(read(new ClientFrames().text("a")))
                .containsSubsequence(call, "failed TOO_BIG request_too_large", "end", "ended")
                .filteredOn(done -> done.startsWith("failed"))
                .hasSize(1);
    }

    @Test
    void anErrorEndsThisSocketOnly() {
        fail("text a.", () -> {
            throw new StackOverflowError("of the test");
        });

        assertThat(read(new ClientFrames().text("a").text("b")))
                .containsExactly(
                        "begin",
                        "announced 1",
                        "text a.",
                        "failed INTERNAL_ERROR api_error",
                        "announced 1",
                        "text b.",
                        "end",
                        "ended");
    }

    @Test
    void theEndIsReportedAfterAnyFailure() {
        fail("end", () -> new IllegalStateException("of the test"));

        try {
            read(new ClientFrames());
        } catch (IllegalStateException e) {
            assertThat(e).hasMessage("of the test");
        }

        assertThat(protocol.calls).containsExactly("begin", "end", "ended");
    }

    @Test
    void aSourceThatRefusesEndsTheReading() {
        var slow = new FilterInputStream(new ByteArrayInputStream(new byte[0])) {
            @Override
            public int read(byte[] into, int offset, int length) {
                throw ClaudeException.of(ErrorType.TIMEOUT, "The body arrives too slowly");
            }
        };

        assertThat(read(slow)).containsExactly("begin", "failed POLICY_VIOLATION timeout_error", "end", "ended");
    }

    @Test
    void aClientThatIsNotServedIsRejectedWhileTheServerStops() {
        socket.client().stop();

        read(new ClientFrames());

        assertThat(socket.frames())
                .satisfiesExactly(
                        error -> assertThat(error).contains(Shutdown.refusal().errorMessage()),
                        last -> assertThat(last).startsWith("CLOSE 1013"));
    }
}
