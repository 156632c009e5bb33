package io.github.claudejakarta.socket;

import static io.github.claudejakarta.socket.ClientFrames.BINARY;
import static io.github.claudejakarta.socket.ClientFrames.CLOSE;
import static io.github.claudejakarta.socket.ClientFrames.CONTINUATION;
import static io.github.claudejakarta.socket.ClientFrames.PING;
import static io.github.claudejakarta.socket.ClientFrames.PONG;
import static io.github.claudejakarta.socket.ClientFrames.TEXT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {

    /** Records the calls. */
    private static final class Log implements FrameReader.Events {

        final List<String> events = new ArrayList<>();
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();

        @Override
        public void announced(long bytes) {
            events.add("announced " + bytes);
        }

        @Override
        public void text(byte[] bytes, int offset, int length, boolean isLast) {
            message.write(bytes, offset, length);
            if (isLast) {
                events.add("text " + message.toString(UTF_8));
                message.reset();
            }
        }

        @Override
        public void binary() {
            events.add("binary");
        }

        @Override
        public void ping(byte[] payload) {
            events.add("ping " + new String(payload, UTF_8));
        }

        @Override
        public void closed() {
            events.add("closed");
        }
    }

    private static List<String> read(byte[] bytes, int... cuts) throws FrameException {
        var log = new Log();
        var reader = new FrameReader(log);
        byte[] own = bytes.clone();
        int at = 0;
        for (int cut : cuts) {
            reader.read(own, at, cut - at);
            at = cut;
        }
        reader.read(own, at, own.length - at);
        return log.events;
    }

    private static CloseCode failure(ClientFrames frames) {
        try {
            throw new AssertionError("read " + read(frames.bytes()));
        } catch (FrameException e) {
            return e.code();
        }
    }

    @Test
    void framesAreTheSameForAnyCut() throws FrameException {
        byte[] bytes = new ClientFrames()
                .text("")
                .text("a")
                .add(PING, true, "ping".getBytes(UTF_8))
                .add(TEXT, false, "f😀".getBytes(UTF_8))
                .add(PONG, true, new byte[3])
                .add(PING, true, new byte[0])
                .add(CONTINUATION, false, new byte[0])
                .add(CONTINUATION, true, "漢é".getBytes(UTF_8))
                .add(BINARY, true, new byte[5])
                .text("x".repeat(126))
                .add(CLOSE, true, new byte[] {3, (byte) 0xE8, 'b'})
                .bytes();
        List<String> expected = List.of(
                "announced 0",
                "text ",
                "announced 1",
                "text a",
                "ping ping",
                "announced 5",
                "ping ",
                "announced 5",
                "announced 10",
                "text f😀漢é",
                "binary",
                "announced 126",
                "text " + "x".repeat(126),
                "closed");

        assertThat(read(bytes)).isEqualTo(expected);
        assertThat(read(bytes, java.util.stream.IntStream.range(1, bytes.length).toArray()))
                .as("byte by byte")
                .isEqualTo(expected);
        for (int cut = 1; cut < bytes.length; cut++) {
            assertThat(read(bytes, cut)).as("cut at " + cut).isEqualTo(expected);
        }
        var random = new Random(3);
        for (int i = 0; i < 200; i++) {
            int[] cuts = random.ints(5, 0, bytes.length).sorted().toArray();
            assertThat(read(bytes, cuts)).as("cut at " + Arrays.toString(cuts)).isEqualTo(expected);
        }
    }

    /** Chrome splits messages at 128 KB, also within a character. */
    @ParameterizedTest
    @ValueSource(strings = {"é", "漢", "😀", "aé漢😀"})
    void charactersMayBeCutByFrames(String text) throws FrameException {
        byte[] bytes = text.repeat(3).getBytes(UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            byte[] frames = new ClientFrames()
                    .add(TEXT, false, Arrays.copyOf(bytes, cut))
                    .add(PING, true, new byte[0])
                    .add(CONTINUATION, true, Arrays.copyOfRange(bytes, cut, bytes.length))
                    .bytes();
            assertThat(read(frames)).as("cut at " + cut).contains("text " + text.repeat(3));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 127, 65_535, 65_536, 70_000})
    void lengthsHaveThreeForms(int length) throws FrameException {
        assertThat(read(new ClientFrames().text("y".repeat(length)).bytes()))
                .containsExactly("announced " + length, "text " + "y".repeat(length));
    }

    @Test
    void aLengthIsAnnouncedBeforeItsPayload() throws FrameException {
        assertThat(read(new ClientFrames().head(TEXT, true, 1L << 40).bytes()))
                .containsExactly("announced " + (1L << 40));
        assertThat(read(new ClientFrames()
                        .add(TEXT, false, new byte[10])
                        .head(CONTINUATION, true, 90)
                        .bytes()))
                .containsExactly("announced 10", "announced 100");
    }

    @Test
    void nothingFollowsAClose() throws FrameException {
        assertThat(read(new ClientFrames()
                        .add(CLOSE, true, new byte[0])
                        .raw(0xFF, 0xFF, 0xFF)
                        .text("a")
                        .bytes()))
                .containsExactly("closed");
    }

    static Stream<Arguments> violations() {
        return Stream.of(
                Arguments.of("reserved bit 1", new ClientFrames().raw(0xC1, 0x80)),
                Arguments.of("reserved bit 2", new ClientFrames().raw(0xA1, 0x80)),
                Arguments.of("reserved bit 3", new ClientFrames().raw(0x91, 0x80)),
                Arguments.of("unmasked", new ClientFrames().raw(0x81, 0x01)),
                Arguments.of("opcode 3", new ClientFrames().raw(0x83, 0x80)),
                Arguments.of("opcode 11", new ClientFrames().raw(0x8B, 0x80)),
                Arguments.of("continuation without a message", new ClientFrames().add(CONTINUATION, true, new byte[1])),
                Arguments.of(
                        "continuation after a message",
                        new ClientFrames().text("a").add(CONTINUATION, true, new byte[1])),
                Arguments.of(
                        "text in a message",
                        new ClientFrames().add(TEXT, false, new byte[1]).text("a")),
                Arguments.of(
                        "binary in a message",
                        new ClientFrames().add(TEXT, false, new byte[1]).add(BINARY, true, new byte[1])),
                Arguments.of("fragmented ping", new ClientFrames().add(PING, false, new byte[1])),
                Arguments.of("long ping", new ClientFrames().add(PING, true, new byte[126])),
                Arguments.of("length of 16 bits for 125", new ClientFrames().lengthInForm(126, 125, 2)),
                Arguments.of("length of 64 bits for 65535", new ClientFrames().lengthInForm(127, 65_535, 8)),
                Arguments.of("negative length", new ClientFrames().lengthInForm(127, -1, 8)),
                Arguments.of("close of one byte", new ClientFrames().add(CLOSE, true, new byte[1])),
                Arguments.of("close with 999", close(999)),
                Arguments.of("close with 1005", close(1005)),
                Arguments.of("close with 1006", close(1006)),
                Arguments.of("close with 1015", close(1015)),
                Arguments.of("close with 2999", close(2999)),
                Arguments.of("close with 5000", close(5000)));
    }

    private static ClientFrames close(int code) {
        return new ClientFrames().add(CLOSE, true, new byte[] {(byte) (code >> 8), (byte) code});
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("violations")
    void violationsAreProtocolErrors(String name, ClientFrames frames) {
        assertThat(failure(frames)).isEqualTo(CloseCode.PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001, 1003, 1007, 1014, 3000, 4999})
    void aCloseMayHaveACode(int code) throws FrameException {
        assertThat(read(close(code).bytes())).containsExactly("closed");
    }

    @Test
    void textMustBeUtf8() {
        assertThat(failure(new ClientFrames().add(TEXT, true, new byte[] {(byte) 0xC3, 'a'})))
                .isEqualTo(CloseCode.INVALID_TEXT);
        assertThat(failure(new ClientFrames().add(TEXT, true, new byte[] {(byte) 0xC3})))
                .as("half a character")
                .isEqualTo(CloseCode.INVALID_TEXT);
        assertThat(failure(new ClientFrames()
                        .add(TEXT, false, new byte[] {(byte) 0xC3})
                        .add(CONTINUATION, true, new byte[0])))
                .as("half a character, and an empty frame")
                .isEqualTo(CloseCode.INVALID_TEXT);
        assertThat(failure(new ClientFrames().add(CLOSE, true, new byte[] {3, (byte) 0xE8, (byte) 0x80})))
                .isEqualTo(CloseCode.INVALID_TEXT);
    }

    /** Invalid text fails before the end of its frame. */
    @Test
    void invalidTextFailsWhereItIs() {
        assertThat(failure(new ClientFrames().head(TEXT, true, 1 << 20).raw(0xFF ^ 0x12)))
                .isEqualTo(CloseCode.INVALID_TEXT);
    }
}
