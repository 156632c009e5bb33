package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.claudejakarta.claude.Prices.Tokens;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResultLineTest {

    @Test
    void readsASuccess() {
        assertThat(parse("""
            {"custom_id":"a","result":{"type":"succeeded","message":{"id":"msg_1","type":"message","role":"assistant","model":"m",
            "content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":5}}}}""")).isEqualTo(new ResultLine("a", "succeeded", "", "m", new Tokens(3, 5, 0, 0, 0)));
    }

    @Test
    void cacheWritesAreForFiveMinutesOrAnHour() {
        assertThat(tokens("""
            {"input_tokens":1,"cache_creation_input_tokens":100,"cache_read_input_tokens":7,
            "cache_creation":{"ephemeral_5m_input_tokens":60,"ephemeral_1h_input_tokens":40},"output_tokens":2}""")).isEqualTo(new Tokens(1, 2, 60, 40, 7));
    }

    @Test
    void cacheFieldsMayHaveAnyOrder() {
        assertThat(tokens("""
            {"cache_creation":{"ephemeral_1h_input_tokens":40},"cache_creation_input_tokens":100}""")).isEqualTo(new Tokens(0, 0, 60, 40, 0));
    }

    @Test
    void cacheWritesWithoutATimeAreForFiveMinutes() {
        assertThat(tokens("{\"cache_creation_input_tokens\":100,\"cache_creation\":null}"))
                .isEqualTo(new Tokens(0, 0, 100, 0, 0));
    }

    @Test
    void cacheWritesAreNeverNegative() {
        assertThat(tokens("{\"cache_creation\":{\"ephemeral_1h_input_tokens\":40}}"))
                .isEqualTo(new Tokens(0, 0, 0, 40, 0));
    }

    @Test
    void countsThatAreNotNumbersAreZero() {
        assertThat(tokens("{\"input_tokens\":null,\"output_tokens\":\"5\",\"cache_read_input_tokens\":{}}"))
                .isEqualTo(Tokens.NONE);
    }

    @Test
    void countsLargerThanAnIntegerAreCounted() {
        assertThat(tokens("{\"input_tokens\":5000000000}").input()).isEqualTo(5_000_000_000L);
    }

    @Test
    void onlyTheUsageOfTheMessageCounts() {
        assertThat(parse("""
            {"custom_id":"a","usage":{"input_tokens":9},"result":{"usage":{"input_tokens":9},"type":"succeeded","message":{"model":"m",
            "content":[{"usage":{"input_tokens":9},"model":"x","type":"errored"}],
            "usage":{"iterations":[{"input_tokens":9}],"server_tool_use":{"input_tokens":9},"input_tokens":3}}}}""")).isEqualTo(new ResultLine("a", "succeeded", "", "m", new Tokens(3, 0, 0, 0, 0)));
    }

    @Test
    void readsTheTypeOfAnError() {
        assertThat(parse("""
            {"custom_id":"b","result":{"type":"errored","error":{"type":"error",
            "error":{"type":"overloaded_error","message":"Overloaded"},"request_id":null}}}""")).isEqualTo(new ResultLine("b", "errored", "overloaded_error", "", Tokens.NONE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",\"error\":null",
                ",\"error\":{}",
                ",\"error\":{\"type\":\"error\"}",
                ",\"error\":{\"error\":\"x\"}",
                ",\"error\":{\"error\":{\"type\":5}}"
            })
    void theTypeOfAnErrorMayBeMissing(String error) {
        assertThat(parse("{\"custom_id\":\"b\",\"result\":{\"type\":\"errored\"" + error + "}}"))
                .isEqualTo(new ResultLine("b", "errored", "", "", Tokens.NONE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"canceled", "expired", "one_that_nobody_knows"})
    void unknownTypesAreAccepted(String type) {
        assertThat(parse("{\"custom_id\":\"c\",\"result\":{\"type\":\"" + type + "\"}}"))
                .isEqualTo(new ResultLine("c", type, "", "", Tokens.NONE));
    }

    @Test
    void keysMayHaveAnyOrder() {
        assertThat(parse("""
            {"new":[{"custom_id":"x"}],"result":{"message":{"usage":{"output_tokens":5,"input_tokens":3},"model":"m"},"type":"succeeded"},"custom_id":"a"}""")).isEqualTo(new ResultLine("a", "succeeded", "", "m", new Tokens(3, 5, 0, 0, 0)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[]",
                "x",
                "{\"custom_id\":\"a\"}",
                "{\"custom_id\":\"a\",\"result\":{}}",
                "{\"result\":{\"type\":\"expired\"}}",
                "{\"custom_id\":\"a\",\"result\":\"expired\"}",
                "{\"custom_id\":5,\"result\":{\"type\":\"expired\"}}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}}x",
                "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"x\"}}"
            })
    void aLineThatIsNotAResultIsRejected(String line) {
        assertThatIllegalArgumentException().isThrownBy(() -> parse(line));
    }

    @Test
    void aResultIsReadAtItsPlaceInTheBuffer() {
        byte[] buffer = bytes("{\"x\n{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}}\n{\"custom_id\":\"b\"}");
        int length = "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}}".length();

        assertThat(ResultLine.parse(buffer, 4, length).customId()).isEqualTo("a");
        assertThat(ResultLine.customId(buffer, 4, length)).isEqualTo("a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'custom_id':'a-B_9','result':{'type':'expired'}}           | a-B_9",
                "{'custom_id':'a\\u002db','result':{'type':'expired'}}       | a-b",
                "{'custom_id':'a\\'b','result':{'type':'expired'}}           | a'b",
                "{ 'custom_id' : 'a','result':{'type':'expired'}}            | a",
                "{'result':{'type':'expired','custom_id':'x'},'custom_id':'a'} | a",
                "{'result':{'type':'expired'},'x':'{\\'custom_id\\':\\'b\\'}','custom_id':'a'} | a",
            })
    void aReadOfOnlyTheIdReturnsTheSameId(String line, String id) {
        byte[] bytes = bytes(line.replace('\'', '"'));

        assertThat(ResultLine.customId(bytes, 0, bytes.length))
                .isEqualTo(id.replace('\'', '"'))
                .isEqualTo(ResultLine.parse(bytes, 0, bytes.length).customId());
    }

    @Test
    void onlyTheBeginningOfALineIsNeededForItsId() {
        byte[] bytes = bytes("{\"custom_id\":\"a\", and whatever follows");

        assertThat(ResultLine.customId(bytes, 0, bytes.length)).isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"custom_id\":\"",
                "{\"custom_id\":\"a",
                "{\"custom_id\":\"a\\",
                "{\"custom_id\":1}",
                "{}",
                "x"
            })
    void aLineWithoutAnIdIsRejected(String line) {
        // what follows in the buffer is another line's
        byte[] bytes = bytes(line + "\"}");

        assertThatIllegalArgumentException().isThrownBy(() -> ResultLine.customId(bytes, 0, bytes.length - 2));
    }

    private static Tokens tokens(String usage) {
        return parse("{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":{\"model\":\"m\",\"usage\":"
                        + usage + "}}}")
                .tokens();
    }

    private static ResultLine parse(String line) {
        byte[] bytes = bytes(line);
        return ResultLine.parse(bytes, 0, bytes.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
