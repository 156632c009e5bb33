package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubmittedRequestTest {

    private static final String GOOD = "\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}]";

    @Test
    void keepsItsTextAndItsPlace() {
        String text = " { \"params\":{" + GOOD + ", \"future\" : [1e2]}, \"custom_id\" : \"a\", \"note\":null }";

        var request = SubmittedRequest.of("line 3", bytes(text));

        assertThat(request.where()).isEqualTo("line 3");
        assertThat(request.customId()).isEqualTo("a");
        assertThat(request.json()).asString(StandardCharsets.UTF_8).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "_", "-", "0", "Az09_-", "0123456789012345678901234567890123456789012345678901234567890123"
            })
    void anIdIsLettersDigitsAndDashes(String id) {
        assertThat(request("{\"custom_id\":\"" + id + "\",\"params\":{" + GOOD + "}}")
                        .customId())
                .isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a b",
                "a.b",
                "ä",
                "a\\n",
                "a\\u0000",
                "ａ",
                "01234567890123456789012345678901234567890123456789012345678901234"
            })
    void anyOtherIdIsRejected(String id) {
        assertRejected(
                "{\"custom_id\":\"" + id + "\",\"params\":{" + GOOD + "}}",
                "custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\"custom_id\":null,", "\"Custom_id\":\"a\","})
    void anIdIsRequired(String id) {
        assertRejected("{" + id + "\"params\":{" + GOOD + "}}", "custom_id: Field required");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1.5", "true", "false", "[\"a\"]", "{\"custom_id\":\"a\"}"})
    void anIdIsAString(String id) {
        assertRejected("{\"custom_id\":" + id + ",\"params\":{" + GOOD + "}}", "custom_id must be a string");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"{}\"", "1", "true", "[{" + GOOD + "}]"})
    void paramsAreAnObject(String params) {
        assertRejected("{\"custom_id\":\"a\",\"params\":" + params + "}", "params must be an object");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"params\":null", ",\"x\":{\"params\":{}}"})
    void paramsAreRequired(String params) {
        assertRejected("{\"custom_id\":\"a\"" + params + "}", "params: Field required");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"max_tokens\":1,\"messages\":[{}]                      | params.model: Field required",
                "\"model\":1,\"max_tokens\":1,\"messages\":[{}]          | params.model: Input should be a valid string",
                "\"model\":\"\",\"max_tokens\":1,\"messages\":[{}]       | params.model: String should have at least 1 character",
                "\"model\":\"m\",\"max_tokens\":1                        | params.messages: Field required",
                "\"model\":\"m\",\"max_tokens\":1,\"messages\":[]        | params.messages: at least one message is required",
                "\"model\":\"m\",\"max_tokens\":1,\"messages\":\"hi\"    | params.messages: Input should be a valid list",
                "\"model\":\"m\",\"messages\":[{}]                       | params.max_tokens: Field required",
                "\"model\":\"m\",\"max_tokens\":\"1\",\"messages\":[{}]  | params.max_tokens: Input should be a valid integer",
                "\"model\":\"m\",\"max_tokens\":1.5,\"messages\":[{}]    | params.max_tokens: Input should be a valid integer",
                "\"model\":\"m\",\"max_tokens\":-1,\"messages\":[{}]     | params.max_tokens: Input should be greater than or equal to 0",
                "\"model\":\"m\",\"max_tokens\":0,\"messages\":[{}]      | params.max_tokens: Input should be greater than 0 in a batch",
                "\"model\":\"m\",\"max_tokens\":0.0,\"messages\":[{}]    | params.max_tokens: Input should be greater than 0 in a batch",
                "\"stream\":true,\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}]   | params.stream: a batch cannot be streamed",
                "\"stream\":1,\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}]      | params.stream: Input should be a valid boolean",
                "\"speed\":\"fast\",\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}] | params.speed: not available in a batch",
                "\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}],\"fallbacks\":[{\"model\":\"n\"}] | params.fallbacks: not available in a batch",
            })
    void requestsThatCanOnlyFailAreRejected(String params, String message) {
        assertRejected("{\"custom_id\":\"a\",\"params\":{" + params + "}}", message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"stream\":false",
                "\"stream\":null",
                "\"temperature\":7",
                "\"future\":{\"speed\":1,\"fallbacks\":[],\"stream\":true}",
                "\"metadata\":{\"max_tokens\":0}",
                "\"tools\":[{\"stream\":true}]"
            })
    void fieldsThatOnlyClaudeCanCheckAreAccepted(String field) {
        String text = "{\"custom_id\":\"a\",\"params\":{" + GOOD + "," + field + "}}";

        assertThat(request(text).json()).asString(StandardCharsets.UTF_8).isEqualTo(text);
    }

    @Test
    void fieldsOutsideTheParamsAreNotParams() {
        assertThat(request("{\"stream\":true,\"speed\":\"fast\",\"max_tokens\":0,\"custom_id\":\"a\",\"params\":{"
                                + GOOD + "}}")
                        .customId())
                .isEqualTo("a");
    }

    @Test
    void theLastOfTwoKeysCounts() {
        assertThat(request("{\"custom_id\":\"a\",\"params\":{},\"custom_id\":\"b\",\"params\":{" + GOOD + "}}")
                        .customId())
                .isEqualTo("b");
        assertRejected("{\"custom_id\":\"a\",\"params\":{" + GOOD + "},\"params\":{}}", "params.model: Field required");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'custom_id':'a','params':{GOOD},'custom_id':5} | custom_id must be a string",
                "{'custom_id':'a','params':{GOOD},'custom_id':null} | custom_id: Field required",
                "{'custom_id':'a','params':{GOOD},'params':null} | params: Field required"
            })
    void theLastOfTwoKeysCountsWithAnyValue(String text, String message) {
        assertRejected(text.replace("'", "\"").replace("GOOD", GOOD), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{",
                "{}{}",
                "{\"custom_id\":\"a\",\"params\":{}",
                "{\"custom_id\":\"a\",}",
                "{\"params\":{\"messages\":[}}"
            })
    void aTextThatIsNotAJsonObjectIsRejected(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> request(text)).withMessageStartingWith("not ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e99999999999", "-1e99999999999", "1e2147483647", "1e-2147483647"})
    void absurdNumbersAreRejected(String number) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> request("{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":" + number
                        + ",\"messages\":[{}]}}"));
    }

    @Test
    void aRequestHasAtMost32Megabytes() {
        String start = "{\"custom_id\":\"a\",\"params\":{" + GOOD + "}}";
        byte[] json = bytes(start + " ".repeat(SubmittedRequest.MAX_BYTES - start.length()));

        assertThat(SubmittedRequest.of("line 1", json).customId()).isEqualTo("a");
        var refusal = catchThrowableOfType(
                ClaudeException.class, () -> SubmittedRequest.of("line 1", Arrays.copyOf(json, json.length + 1)));
        assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
        assertThat(refusal.errorMessage()).isEqualTo("line 1: longer than 32 MB, the limit for one request of a batch");
    }

    @Test
    void mayComeFromAnApplication() {
        var request = SubmittedRequest.of("request 1", BatchRequest.of("a", "m", 5, "Hällo"));

        assertThat(request.customId()).isEqualTo("a");
        assertThat(request.json()).asString(StandardCharsets.UTF_8).isEqualTo("""
            {"custom_id":"a","params":{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hällo"}]}}""");
    }

    @Test
    void defaultsCompleteRequestsOfAnApplication() throws IOException {
        var defaults = new MessageDefaults(Optional.of("d"), OptionalInt.of(7));
        var reader = RequestReader.of(
                List.of(new BatchRequest("a", MessageRequest.of("hi"))).iterator(), defaults);

        assertThat(reader.next().orElseThrow().json())
                .asString(StandardCharsets.UTF_8)
                .contains("\"model\":\"d\"", "\"max_tokens\":7");
    }

    @Test
    void requestsOfAnApplicationAreCountedAndCheckedToo() throws Exception {
        var reader = RequestReader.of(
                List.of(
                                BatchRequest.of("a", "m", 5, "x"),
                                BatchRequest.of("b", "m", 0, "x"),
                                BatchRequest.of("c", "m", 5, "x"))
                        .iterator(),
                MessageDefaults.NONE);

        assertThat(reader.next().orElseThrow().where()).isEqualTo("request 1");
        assertThatIsBad(reader, "request 2: params.max_tokens: Input should be greater than 0 in a batch");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("request 3");
        assertThat(reader.next()).isEmpty();
    }

    private static void assertThatIsBad(RequestReader reader, String message) {
        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage(message);
    }

    private static void assertRejected(String text, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> request(text)).withMessage(message);
    }

    private static SubmittedRequest request(String text) {
        return SubmittedRequest.of("line 1", bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aTextThatIsNotUtf8IsRejected() {
        byte[] latin = "{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":1,\"messages\":[\"\u00e4\"]}}"
                .getBytes(StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> SubmittedRequest.of("line 1", latin))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not UTF-8 at byte 68");
    }
}
