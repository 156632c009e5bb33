package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.JsonException;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParser.Event;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The provider's own parser is the reference for valid JSON. */
class JsonBytesTest {

    private static final int LONGEST = 200_000;

    static List<String> texts() {
        return List.of(
                "{}",
                "[]",
                "0",
                "-0",
                "-0.0e-0",
                "1.5E+3",
                "12345678901234567890.123",
                "\"\"",
                "\"a\"",
                "true",
                "false",
                "null",
                "[1,2,[3,[{}]],{\"a\":{\"b\":[]}}]",
                " \t\r\n{ \"a\" :\n1 , \"b\":[ ] } ",
                "{\"\\u0061\\\"\\\\\\/\\b\\f\\n\\r\\t\":\"\\ud83d\\ude00\\ud800\"}",
                "\"\u00e4\u0800\u20ac\uffff\u2028\uD83D\uDE00\uDBFF\uDFFF\u007f\"",
                "{\"a\":1,\"a\":2,\"\":{}}",
                "[\"]\",\"}\",\"{\",\"[\",\",\"]");
    }

    @ParameterizedTest
    @MethodSource("texts")
    void readsTheSameAsTheReference(String text) {
        assertThat(tokens(array(text))).isEqualTo(tokens(JsonText.parser(text)));
    }

    /** The reader of a body has already skipped one mark. */
    @Test
    void namesASecondByteOrderMark() {
        for (JsonBytes marked : List.of(array("\uFEFF{}"), stream(pieces(bytes("\uFEFF{}"), 1)))) {
            assertThatThrownBy(() -> tokens(marked))
                    .isInstanceOf(JsonException.class)
                    .hasMessageStartingWith("a second byte order mark at byte 0");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE"})
    void namesUtf16(String charset) throws Exception {
        for (String text : List.of("{\"a\":1}", "[]", "\"a\"")) {
            byte[] bytes = text.getBytes(charset);
            for (JsonBytes wide : List.of(new JsonBytes(bytes, 0, bytes.length), stream(pieces(bytes, 1)))) {
                assertThatThrownBy(() -> tokens(wide))
                        .isInstanceOf(JsonBytes.NotUtf8.class)
                        .hasMessage("not UTF-8 but UTF-16");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("texts")
    void readsAStreamInPiecesOfAnySize(String text) {
        for (int size = 1; size <= 7; size++) {
            assertThat(tokens(stream(pieces(bytes(text), size))))
                    .as("pieces of %d", size)
                    .isEqualTo(tokens(JsonText.parser(text)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "}",
                "[",
                "]",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":1,",
                "{\"a\":1,}",
                "{,}",
                "[1,",
                "[1,]",
                "[,]",
                "[1 2]",
                "{\"a\" 1}",
                "{\"a\":1]",
                "[1}",
                "{a:1}",
                "{1:2}",
                "{'a':1}",
                "01",
                "-",
                "-a",
                "1.",
                ".5",
                "1e",
                "1e+",
                "+1",
                "0x1",
                "NaN",
                "Infinity",
                "tru",
                "truex",
                "nul",
                "\"",
                "\"a",
                "\"\\",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u12g4\"",
                "\"\n\"",
                "\"\t\"",
                "\"\0\"",
                "{}{}",
                "{}x",
                "[]]",
                "1 2",
                "\uFEFF{}",
                "//",
                "/**/{}"
            })
    void rejectsTextThatIsNotJson(String text) {
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> tokens(array(text)));
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> tokens(stream(pieces(bytes(text), 1))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1,x]                  | expected a value at byte 3",
                "{\"a\":1;              | expected ',' or '}' at byte 6",
                "[1;                    | expected ',' or ']' at byte 2",
                "{\"a\" 1}              | expected ':' at byte 5",
                "{a                     | expected a key in quotes at byte 1",
                "[1,                    | the text ends early, at byte 3",
                "[1]x                   | expected the end of the text at byte 3",
                "[-]                    | expected a digit at byte 2",
                "[\"\u00e4\", tru]       | expected a value at byte 10",
            })
    void errorsNameTheProblemAndTheByte(String text, String message) {
        assertThatThrownBy(() -> tokens(array(text))).hasMessage(message);
        assertThatThrownBy(() -> tokens(stream(pieces(bytes(text), 1)))).hasMessage(message);
    }

    /** Overlong, half a surrogate pair, beyond Unicode, a continuation byte alone, an incomplete character. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "c0 80",
                "c1 bf",
                "e0 80 80",
                "e0 9f bf",
                "f0 80 80 80",
                "f0 8f bf bf",
                "ed a0 80",
                "ed bf bf",
                "f4 90 80 80",
                "f5 80 80 80",
                "ff",
                "80",
                "bf",
                "c3",
                "e2 82",
                "f0 9f 98",
                "c3 c3 a4",
                "e2 28 a1"
            })
    void rejectsBytesThatAreNotUtf8(String hex) {
        byte[] text = ("[\"" + "x".repeat(3 * hex.split(" ").length) + "\"]").getBytes(StandardCharsets.US_ASCII);
        int at = 2;
        for (String one : hex.split(" ")) {
            text[at++] = (byte) Integer.parseInt(one, 16);
        }

        assertThatExceptionOfType(JsonBytes.NotUtf8.class)
                .isThrownBy(() -> tokens(new JsonBytes(text, 0, text.length)));
        assertThatExceptionOfType(JsonBytes.NotUtf8.class).isThrownBy(() -> tokens(stream(pieces(text, 1))));
    }

    @Test
    void acceptsEveryCharacter() {
        var all = new StringBuilder("\"");
        for (int character = 0x20; character <= Character.MAX_CODE_POINT; character++) {
            if (character != '"' && character != '\\' && !(character >= 0xD800 && character <= 0xDFFF)) {
                all.appendCodePoint(character);
            }
        }
        byte[] text = bytes(all.append('"').toString());
        var parser = new JsonBytes(text, 0, text.length);

        assertThat(parser.next()).isEqualTo(Event.VALUE_STRING);
        assertThat(parser.hasNext()).isFalse();
    }

    /**
     * A text with one changed byte is JSON for both parsers or for neither, except that this parser also checks UTF-8.
     */
    @Test
    void agreesWithTheReferenceOnDamagedTexts() {
        var random = new Random(16);
        byte[] alphabet = bytes("{}[]\",:0129.-+eE\\u ntrfals\n\0\u007f");
        for (int i = 0; i < 5_000; i++) {
            byte[] text = bytes(texts().get(random.nextInt(texts().size())));
            text[random.nextInt(text.length)] = alphabet[random.nextInt(alphabet.length)];
            String damaged = new String(text, StandardCharsets.UTF_8);
            if (damaged.indexOf('\uFFFD') < 0) {
                assertThat(outcome(array(damaged))).as(damaged).isEqualTo(outcome(JsonText.parser(damaged)));
            }
        }
    }

    private static Object outcome(JsonParser parser) {
        try {
            return tokens(parser);
        } catch (RuntimeException e) {
            return "refused";
        }
    }

    @Test
    void hasALimitOfDepth() {
        String deepest = "[".repeat(JsonBytes.MAX_DEPTH) + "]".repeat(JsonBytes.MAX_DEPTH);

        assertThat(tokens(array(deepest))).hasSize(2 * JsonBytes.MAX_DEPTH);
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> tokens(array("[" + deepest + "]")));
    }

    @Test
    void capturesAValueOfAStreamByteForByte() {
        String value = "{ \"a\" : [1.0, \"\\u00e4\u20ac\", {\"b\":\"" + "x".repeat(100_000) + "\"}] }";
        for (int size : new int[] {1, 1000, 1 << 20}) {
            var parser = stream(pieces(bytes("[\"before\", " + value + " , " + value + "]"), size));
            parser.next();
            parser.next();
            for (int i = 0; i < 2; i++) {
                assertThat(parser.next()).isEqualTo(Event.START_OBJECT);
                parser.startCapture();
                JsonPull.skip(parser);
                assertThat(new String(parser.endCapture(), StandardCharsets.UTF_8))
                        .isEqualTo(value);
            }
            assertThat(parser.next()).isEqualTo(Event.END_ARRAY);
            assertThat(parser.hasNext()).isFalse();
        }
    }

    @Test
    void rejectsATooLongValueBeforeItFillsTheMemory() {
        var reserved = new ArrayList<Long>();
        var parser = new JsonBytes(new Endless("[{\"a\":\""), LONGEST, reserved::add);
        parser.next();
        parser.next();
        parser.startCapture();

        assertThatExceptionOfType(JsonBytes.TooLong.class).isThrownBy(() -> JsonPull.skip(parser));
        assertThat(reserved).allSatisfy(bytes -> assertThat(bytes).isLessThan(4L * LONGEST));
    }

    /** Skipped values may have any length. */
    @Test
    void skippedValuesNeedNoMemory() {
        var reserved = new ArrayList<Long>();
        String text = "[" + "\"" + "x".repeat(50_000) + "\"," + "[[]],".repeat(500_000) + "0]";

        assertThat(tokensSeen(new JsonBytes(pieces(bytes(text), 1 << 20), LONGEST, reserved::add)))
                .isEqualTo(2_000_004);
        assertThat(reserved).containsExactly(65_536L);
    }

    @Test
    void reportsTheSizeOfItsBufferInAdvance() {
        var reserved = new ArrayList<Long>();
        String value = "{\"a\":\"" + "x".repeat(150_000) + "\"}";
        var parser = new JsonBytes(pieces(bytes("[" + value + "]"), 1 << 20), LONGEST, reserved::add);
        parser.next();
        parser.next();
        parser.startCapture();
        JsonPull.skip(parser);
        parser.endCapture();

        assertThat(reserved)
                .containsExactly(65_536L, 196_608L, 131_072L, 393_216L, 262_144L, 262_144L + value.length());
        assertThat(parser.capacity()).isEqualTo(262_144);
    }

    @Test
    void passesAnExceptionOfTheMemoryOn() {
        var refusal = new IllegalStateException("full");

        assertThatThrownBy(() -> new JsonBytes(new Endless("["), LONGEST, bytes -> {
                    throw refusal;
                }))
                .isSameAs(refusal);
    }

    @Test
    void aBrokenStreamIsNotInvalidJson() {
        var broken = new InputStream() {

            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };

        assertThatThrownBy(() -> stream(broken).next())
                .isInstanceOf(UncheckedIOException.class)
                .hasRootCauseMessage("gone");
    }

    @Test
    void aTooLongNumberCanBeSkippedButNotRead() {
        var parser = array("[" + "9".repeat(100_000) + ",1]");
        parser.next();
        parser.next();

        assertThatExceptionOfType(JsonException.class).isThrownBy(parser::getBigDecimal);
        parser.next();
        assertThat(parser.getLong()).isEqualTo(1);
    }

    @Test
    void aTooLongStringCanBeSkippedButNotRead() {
        var parser = array("[\"" + "x".repeat(2 << 20) + "\",\"a\"]");
        parser.next();
        parser.next();

        assertThatExceptionOfType(JsonException.class).isThrownBy(parser::getString);
        parser.next();
        assertThat(parser.getString()).isEqualTo("a");
    }

    @Test
    void readsAnObjectAsATree() {
        var parser = array("{\"a\":{\"b\":[1]},\"c\":2}");
        parser.next();
        parser.next();
        parser.next();

        assertThat(parser.getObject()).hasToString("{\"b\":[1]}");
        assertThat(parser.next()).isEqualTo(Event.KEY_NAME);
        assertThat(parser.getString()).isEqualTo("c");
    }

    private static long tokensSeen(JsonParser parser) {
        long seen = 0;
        while (parser.hasNext()) {
            parser.next();
            seen++;
        }
        return seen;
    }

    private static List<String> tokens(JsonParser parser) {
        var tokens = new ArrayList<String>();
        while (parser.hasNext()) {
            Event event = parser.next();
            tokens.add(
                    switch (event) {
                        case KEY_NAME, VALUE_STRING -> event + " " + parser.getString();
                        case VALUE_NUMBER -> event + " " + parser.getBigDecimal();
                        default -> event.toString();
                    });
        }
        return tokens;
    }

    private static JsonBytes array(String text) {
        byte[] whole = bytes(text);
        return new JsonBytes(whole, 0, whole.length);
    }

    private static JsonBytes stream(InputStream in) {
        return new JsonBytes(in, LONGEST, bytes -> {});
    }

    private static InputStream pieces(byte[] text, int size) {
        return new ByteArrayInputStream(text) {

            @Override
            public int read(byte[] buffer, int offset, int length) {
                return super.read(buffer, offset, Math.min(length, size));
            }
        };
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** An endless text: a beginning, and then the same letter again and again. */
    private static final class Endless extends InputStream {

        private final InputStream beginning;

        Endless(String beginning) {
            this.beginning = new ByteArrayInputStream(bytes(beginning));
        }

        @Override
        public int read() throws IOException {
            int next = beginning.read();
            return next < 0 ? 'x' : next;
        }
    }
}
