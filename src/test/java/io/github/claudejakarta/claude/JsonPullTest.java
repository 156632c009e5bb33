package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.stream.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JsonPullTest {

    @Test
    void passesTheFieldsOfTheOutermostObject() {
        assertThat(
                        fields(
                                "{\"a\":1,\"b\":{\"c\":[{\"d\":2}]},\"e\":[[{}],\"]\",{\"f\":3}],\"g\":null,\"\":true,\"\\u0061\":\"x\"}"))
                .containsExactly(
                        "a VALUE_NUMBER",
                        "b START_OBJECT",
                        "e START_ARRAY",
                        "g VALUE_NULL",
                        " VALUE_TRUE",
                        "a VALUE_STRING");
    }

    @Test
    void anEmptyObjectHasNoFields() {
        assertThat(fields(" { } ")).isEmpty();
    }

    @Test
    void aFieldMayBeReadToItsEnd() {
        var seen = new ArrayList<String>();
        JsonPull.object(bytes("{\"a\":{\"b\":1,\"c\":{\"b\":2}},\"d\":3}"), 0, 31, (name, value, parser) -> {
            seen.add(name);
            if (name.equals("a")) {
                JsonPull.fields(parser, (inner, innerValue, same) -> {
                    seen.add("a." + inner);
                    return false;
                });
            }
            return name.equals("a");
        });

        assertThat(seen).containsExactly("a", "a.b", "a.c", "d");
    }

    @Test
    void readsAPieceOfABuffer() {
        var seen = new ArrayList<String>();
        JsonPull.object(bytes("{\"x\":0}{\"a\":1}{\"y\":2}"), 7, 7, (name, value, parser) -> {
            seen.add(name);
            return false;
        });

        assertThat(seen).containsExactly("a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "[]",
                "1",
                "\"a\"",
                "null",
                "{",
                "}",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":1,}",
                "{\"a\":[}",
                "{\"a\":[1,{\"b\":2}",
                "{\"a\":{\"b\":1}",
                "{a:1}",
                "{}x",
                "{}{}",
                "{},",
                "{}]",
                "{\"a\":\"unfinished",
                "\uFEFF{}"
            })
    void rejectsBytesThatAreNotOneObject(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> fields(text)).withMessageStartingWith("not ");
    }

    @Test
    void rejectsTextBeyondTheLimitsOfTheParser() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> fields("{\"a\":" + "[".repeat(200_000) + "]".repeat(200_000) + "}"));
    }

    @Test
    void passesAnExceptionOfTheReceiverOn() {
        var refusal = ClaudeException.of(ErrorType.INVALID_REQUEST, "no");

        assertThatThrownBy(() -> JsonPull.object(bytes("{\"a\":1}"), 0, 7, (name, value, parser) -> {
                    throw refusal;
                }))
                .isSameAs(refusal);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"[]|0", "[1]|1", "[1,2,3]|3", "[{}]|2", "[\"]\"]|1"})
    void skipReturnsTheNumberOfValues(String array, int seen) {
        var skipped = new ArrayList<Integer>();
        byte[] text = bytes("{\"a\":" + array + ",\"b\":1}");
        JsonPull.object(text, 0, text.length, (name, value, parser) -> {
            boolean isArray = value == JsonParser.Event.START_ARRAY;
            if (isArray) {
                skipped.add(JsonPull.skip(parser));
            }
            return isArray;
        });

        assertThat(skipped).containsExactly(seen);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":{\"b\":[1,{\"c\":2}]},\"z\":1}",
                " \r\n{ \"x\" : \"\u00e4\u20ac\uD83D\uDE00\" , \"a\" :\t{ \"b\":\"}\" } }",
                "{\"x\":\"\\u00e4\\\"\",\"a\":{}}"
            })
    void locationsArePositionsInTheText(String text) {
        int begin = text.indexOf('{', text.indexOf("\"a\""));

        assertThat(placeOfA(text)).startsWith(begin);
        assertThat(text.substring(begin, placeOfA(text).get(1))).startsWith("{").endsWith("}");
        assertThat(text.substring(placeOfA(text).get(1)).strip()).startsWith(text.contains("\"z\"") ? "," : "}");
    }

    @Test
    void locationsAreCorrectInALongText() {
        String before = "{\"x\":[" + "\"\uD83D\uDE00 \\\" \u00e4\",".repeat(50_000) + "0],\"a\":";
        String value = "{\"y\":\"" + "\u20ac".repeat(100_000) + "\",\"z\":[" + "[1],".repeat(50_000) + "0]}";

        assertThat(placeOfA(before + value + ",\"b\":{}}"))
                .containsExactly(before.length(), before.length() + value.length());
    }

    /** Returns the positions at which the value of "a" begins and ends. */
    private static List<Integer> placeOfA(String text) {
        var place = new ArrayList<Integer>();
        JsonPull.object(text, (name, value, parser) -> {
            if (!name.equals("a")) {
                return false;
            }
            place.add((int) parser.getLocation().getStreamOffset() - 1);
            JsonPull.skip(parser);
            place.add((int) parser.getLocation().getStreamOffset());
            return true;
        });
        return place;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{}x", "{\"a\":{}", "{\"a\":\"\n\"}", "\uFEFF{}"})
    void rejectsATextThatIsNotOneObject(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JsonPull.object(text, (name, value, parser) -> false))
                .withMessageStartingWith("not ");
    }

    private static List<String> fields(String text) {
        var seen = new ArrayList<String>();
        byte[] bytes = bytes(text);
        JsonPull.object(bytes, 0, bytes.length, (name, value, parser) -> {
            seen.add(name + " " + value);
            return false;
        });
        return seen;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
