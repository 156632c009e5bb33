package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LineReaderTest {

    private static final int LONGEST = 1 << 20;
    private static final int BUFFER = 64 << 10;

    @Test
    void linesEndInLf() throws Exception {
        assertThat(lines("a\nbc\n\nd\n")).containsExactly("a", "bc", "", "d");
    }

    @Test
    void linesEndInCrLf() throws Exception {
        assertThat(lines("a\r\nbc\r\n\r\nd\r\n")).containsExactly("a", "bc", "", "d");
    }

    @Test
    void aCrWithinALineIsPartOfIt() throws Exception {
        assertThat(lines("a\rb\nc\r\r\n")).containsExactly("a\rb", "c\r");
    }

    @Test
    void theLastLineNeedsNoEnd() throws Exception {
        assertThat(lines("a\nbc")).containsExactly("a", "bc");
    }

    @Test
    void anEmptyInputHasNoLines() throws Exception {
        assertThat(lines("")).isEmpty();
    }

    @Test
    void thereAreNoLinesAfterTheEnd() throws Exception {
        var reader = reader("a\n");

        assertThat(reader.next()).isTrue();
        assertThat(reader.next()).isFalse();
        assertThat(reader.next()).isFalse();
    }

    @Test
    void aLineThatBrokeOffIsNotTerminated() throws Exception {
        var reader = reader("a\nb\r\nc");

        reader.next();
        assertThat(reader.isTerminated()).isTrue();
        reader.next();
        assertThat(reader.isTerminated()).isTrue();
        reader.next();
        assertThat(reader.isTerminated()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"''|true", "' '|true", "' \t\r '|true", "' x'|false", "'ä'|false", "'\u00a0'|false", "'{}'|false"})
    void aLineOfWhiteSpaceIsBlank(String line, boolean isBlank) throws Exception {
        var reader = reader(line + "\nnext");

        reader.next();

        assertThat(reader.isBlank()).isEqualTo(isBlank);
    }

    @Test
    void theLineIsInTheBuffer() throws Exception {
        var reader = reader("first\nsecond\r\n");

        reader.next();
        reader.next();

        assertThat(new String(reader.buffer(), reader.start(), reader.length(), StandardCharsets.UTF_8))
                .isEqualTo("second");
        assertThat(reader.line()).asString(StandardCharsets.UTF_8).isEqualTo("second");
    }

    @ParameterizedTest
    @ValueSource(ints = {BUFFER - 2, BUFFER - 1, BUFFER, BUFFER + 1, 2 * BUFFER - 1, 2 * BUFFER, 5 * BUFFER})
    void linesLongerThanTheBufferMakeItGrow(int length) throws Exception {
        String line = digits(length);

        assertThat(lines("short\n" + line + "\n" + line + "x\nlast"))
                .containsExactly("short", line, line + "x", "last");
    }

    @Test
    void manyLinesGoThroughABufferOfOne() throws Exception {
        var expected = new ArrayList<String>();
        for (int i = 0; i < 30_000; i++) {
            expected.add("line " + i);
        }

        assertThat(lines(String.join("\n", expected))).isEqualTo(expected);
    }

    @Test
    void linesMayBeCutAnywhere() throws Exception {
        byte[] text = bytes("{\"a\":\"ä\"}\r\n\n€\r\nx\n\r\nlast");
        var expected = List.of("{\"a\":\"ä\"}", "", "€", "x", "", "last");

        for (int cut = 0; cut <= text.length; cut++) {
            assertThat(lines(new LineReader(pieces(text, cut, text.length), LONGEST, bytes -> {})))
                    .as("cut after %d", cut)
                    .isEqualTo(expected);
        }
        assertThat(lines(new LineReader(pieces(text, 1, 1), LONGEST, bytes -> {})))
                .isEqualTo(expected);
    }

    @Test
    void aLongLineMayArriveByteByByte() throws Exception {
        String line = digits(BUFFER + 100);

        assertThat(lines(new LineReader(pieces(bytes("a\n" + line + "\nb"), 1, 1), LONGEST, bytes -> {})))
                .containsExactly("a", line, "b");
    }

    @Test
    void aLineThatIsTooLongIsReported() throws Exception {
        var reader = new LineReader(new ByteArrayInputStream(bytes("a\n" + digits(100_001))), 100_000, bytes -> {});

        assertThat(reader.next()).isTrue();
        assertThatThrownBy(reader::next)
                .isInstanceOf(LineReader.LineTooLong.class)
                .hasMessageContaining("100000");
    }

    @Test
    void aLineThatIsTooLongIsNotReadToItsEnd() {
        var endless = new InputStream() {
            private long count;

            @Override
            public int read() {
                if (++count > 2 * LONGEST) {
                    throw new AssertionError("read on");
                }
                return 'x';
            }
        };

        assertThatThrownBy(() -> new LineReader(endless, LONGEST, bytes -> {}).next())
                .isInstanceOf(LineReader.LineTooLong.class);
    }

    @Test
    void aLineJustWithinTheLimitPasses() throws Exception {
        String line = digits(99_999);

        assertThat(lines(new LineReader(
                        new ByteArrayInputStream(bytes(line + "\n" + line + "\n")), 100_000, bytes -> {})))
                .containsExactly(line, line);
    }

    @Test
    void anErrorOfTheInputIsPassedOn() throws Exception {
        var reader = new LineReader(
                new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("gone");
                    }
                },
                LONGEST,
                bytes -> {});

        assertThatThrownBy(reader::next).isInstanceOf(IOException.class).hasMessage("gone");
    }

    private static List<String> lines(String text) throws IOException {
        return lines(reader(text));
    }

    private static List<String> lines(LineReader reader) throws IOException {
        var lines = new ArrayList<String>();
        while (reader.next()) {
            lines.add(new String(reader.line(), StandardCharsets.UTF_8));
        }
        return lines;
    }

    private static LineReader reader(String text) {
        return new LineReader(new ByteArrayInputStream(bytes(text)), LONGEST, bytes -> {});
    }

    /** Returns the first bytes together, and then others in pieces. */
    private static InputStream pieces(byte[] text, int first, int others) {
        return new ByteArrayInputStream(text) {
            @Override
            public synchronized int read(byte[] buffer, int offset, int length) {
                return super.read(buffer, offset, Math.min(length, pos < first ? first - pos : others));
            }
        };
    }

    private static String digits(int length) {
        return "0123456789".repeat(length / 10 + 1).substring(0, length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
