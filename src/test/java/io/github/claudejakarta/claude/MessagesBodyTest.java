package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MessagesBodyTest {

    private static final String GOOD =
            "{ \"model\":\"m\",\n \"max_tokens\": 1e2, \"messages\":[{\"role\":\"user\",\"content\":\"\\u00e4 ä \\\" }\"}] }\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                GOOD,
                "{\"model\":\"m\",\"max_tokens\":0,\"messages\":[{}]}",
                "{\"model\":\"m\",\"max_tokens\":2147483647,\"messages\":[{}]}",
                "{\"model\":\"m\",\"max_tokens\":5.0,\"messages\":[{}],\"temperature\":7,\"future\":{\"a\":[1,{\"b\":null}]}}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[1,\"only Claude can judge\",[],null]}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"model\":3,\"messages\":[],\"max_tokens\":-1,\"stream\":\"x\"}]}",
            })
    void forwardsFieldsThatOnlyClaudeCanCheckUnchanged(String body) {
        assertThat(new String(read(body).bytes(), StandardCharsets.UTF_8)).isEqualTo(body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "}",
                "nonsense",
                "{\"model\"",
                "{\"model\":\"m\"",
                "{\"model\":\"m\",}",
                "{'model':'m'}",
                "{\"model\":\"m\",\"messages\":[{\"a\":1",
                "{\"model\":\"m\",\"messages\":[{\"a\":1}",
                "{\"model\":\"m\",\"messages\":[",
                "{\"model\":\"m\",\"x\":{\"a\":[1,2",
                "{\"model\":\"m\",\"x\":\"unfinished",
                "{\"model\":\"m\",\"max_tokens\":01}",
                "\uFEFF\uFEFF{}"
            })
    void rejectsTextThatIsNotJson(String body) {
        var refusal = refusal(body);

        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage()).startsWith("The request body is not ");
    }

    @Test
    void skipsAByteOrderMark() {
        assertThat(new String(read("\uFEFF" + GOOD).bytes(), StandardCharsets.UTF_8))
                .isEqualTo(GOOD);
        byte[] marked = ("\uFEFF" + GOOD).getBytes(StandardCharsets.UTF_8);
        assertThat(MessagesBody.ofMessages(marked).bytes())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(GOOD);
        assertThat(MessagesBody.ofMessages(marked).streamingBytes(held -> {}))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(GOOD.replaceFirst("\\{", "{\"stream\":true,"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE"})
    void theErrorNamesUtf16(String charset) throws Exception {
        byte[] body = GOOD.getBytes(charset);

        assertThat(catchThrowableOfType(ClaudeException.class, () -> MessagesBody.ofMessages(body))
                        .errorMessage())
                .isEqualTo("The request body is not UTF-8 but UTF-16");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "1", "\"x\"", "null", "true"})
    void rejectsJsonThatIsNotAnObject(String body) {
        assertThat(refusal(body).errorMessage()).startsWith("The request body is not ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "{}", "}", ",", "1", "\0"})
    void rejectsTextAfterTheObject(String garbage) {
        assertThat(refusal(GOOD + garbage).errorMessage()).startsWith("The request body is not valid JSON");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"a\":}", "[1,]", "{\"a\" 1}", "{,}", "[1 2]", "{\"a\":1]", "{:::}", "{1:2}", "\"\\x\"", "nul"
            })
    void rejectsInvalidJsonInsideTheObject(String inner) {
        assertThat(refusal("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[" + inner + "]}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void aModelHasAName() {
        String body = "{\"model\":\"%s\",\"max_tokens\":1,\"messages\":[{}]}";
        assertThat(refusal(body.formatted("m".repeat(257))).errorMessage())
                .isEqualTo("model: String should have at most 256 characters");
        assertThat(read(body.formatted("m".repeat(256))).model()).hasSize(256);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"max_tokens\":1,\"messages\":[{}]}|model: Field required",
                "{\"model\":3,\"max_tokens\":1,\"messages\":[{}]}|model: Input should be a valid string",
                "{\"model\":null,\"max_tokens\":1,\"messages\":[{}]}|model: Input should be a valid string",
                "{\"model\":\" \",\"max_tokens\":1,\"messages\":[{}]}|model: String should have at least 1 character",
                "{\"model\":\"m\",\"max_tokens\":1}|messages: Field required",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":{}}|messages: Input should be a valid list",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":\"hi\"}|messages: Input should be a valid list",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}|messages: at least one message is required",
                "{\"model\":\"m\",\"messages\":[{}]}|max_tokens: Field required",
                "{\"model\":\"m\",\"max_tokens\":\"1\",\"messages\":[{}]}|max_tokens: Input should be a valid integer",
                "{\"model\":\"m\",\"max_tokens\":null,\"messages\":[{}]}|max_tokens: Input should be a valid integer",
                "{\"model\":\"m\",\"max_tokens\":1.5,\"messages\":[{}]}|max_tokens: Input should be a valid integer",
                "{\"model\":\"m\",\"max_tokens\":-1,\"messages\":[{}]}|max_tokens: Input should be greater than or equal to 0",
                "{\"model\":\"m\",\"max_tokens\":3000000000,\"messages\":[{}]}|max_tokens: Input should be less than or equal to 2147483647",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}],\"stream\":\"yes\"}|stream: Input should be a valid boolean",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}],\"stream\":0}|stream: Input should be a valid boolean",
            })
    void errorsNameTheField(String body, String message) {
        var refusal = refusal(body);

        assertThat(refusal.errorMessage()).isEqualTo(message);
        assertThat(refusal.status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"100e2147483647", "1e-2147483647", "1e99999999999", "1e2147483647"})
    void extremeNumbersAreRejectedOrForwardedWithoutAFailure(String number) {
        String body = "{\"model\":\"m\",\"max_tokens\":" + number + ",\"messages\":[{}]}";
        try {
            read(body);
        } catch (ClaudeException e) {
            assertThat(e.status()).isEqualTo(400);
        }
    }

    @Test
    void aNumberOfAMillionDigitsIsCheckedQuickly() {
        String body = "{\"model\":\"m\",\"max_tokens\":" + "9".repeat(1_000_000) + ",\"messages\":[{}]}";
        try {
            read(body);
        } catch (ClaudeException e) {
            assertThat(e.status()).isEqualTo(400);
        }
    }

    @Test
    void theLastOfDuplicateKeysCounts() {
        assertThat(read("{\"model\":3,\"max_tokens\":-1,\"messages\":[],\"stream\":true," + GOOD.substring(1))
                        .isStreaming())
                .isTrue();
        assertThat(refusal(GOOD.strip().replaceAll("}$", ",\"model\":3}")).errorMessage())
                .startsWith("model: ");
        assertThat(refusal(GOOD.strip().replaceAll("}$", ",\"messages\":[]}")).errorMessage())
                .startsWith("messages: ");
    }

    @Test
    void countTokensNeedsNoMaxTokens() {
        String body = "{\"model\":\"m\",\"messages\":[{}]}";

        assertThat(MessagesBody.ofCountTokens(bytes(body)).bytes()).isEqualTo(bytes(body));
        assertThat(catchThrowableOfType(ClaudeException.class, () -> MessagesBody.ofCountTokens(bytes("{}")))
                        .errorMessage())
                .isEqualTo("model: Field required");
    }

    @Test
    void deepNestingIsForwardedOrRejectedWithoutAFailure() {
        String body = "{\"model\":\"m\",\"max_tokens\":1,\"stream\":false,\"messages\":[" + "[".repeat(200_000)
                + "]".repeat(200_000) + "]}";
        try {
            read(body).streamingBytes(held -> {});
        } catch (ClaudeException e) {
            assertThat(e.status()).isEqualTo(400);
        }
    }

    @ParameterizedTest
    @CsvSource({"true,true", "false,false", "null,false"})
    void streamDecidesWhetherTheAnswerIsStreamed(String stream, boolean expected) {
        assertThat(read("{\"stream\":" + stream + "," + GOOD.substring(1)).isStreaming())
                .isEqualTo(expected);
        assertThat(read(GOOD).isStreaming()).isFalse();
    }

    @ParameterizedTest
    @MethodSource
    void streamIsSwitchedOnWithoutOtherChanges(String body, String streaming) {
        var read = read(body);

        assertThat(new String(read.streamingBytes(held -> {}), StandardCharsets.UTF_8))
                .isEqualTo(streaming);
        assertThat(new String(read.bytes(), StandardCharsets.UTF_8)).isEqualTo(body);
        assertThat(read(streaming).isStreaming()).isTrue();
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> streamIsSwitchedOnWithoutOtherChanges() {
        String rest = GOOD.substring(1);
        return Stream.of(
                pair(GOOD, "{\"stream\":true," + rest),
                pair("\n\t " + GOOD, "\n\t {\"stream\":true," + rest),
                pair("{\"stream\":true," + rest, "{\"stream\":true," + rest),
                pair("{\"stream\":false," + rest, "{\"stream\":true," + rest),
                pair("{\"stream\":null," + rest, "{\"stream\":true," + rest),
                pair("{ \"stream\" : null\n," + rest, "{ \"stream\" : true\n," + rest),
                pair("{\"stream\":true,\"stream\":null," + rest, "{\"stream\":true,\"stream\":true," + rest),
                pair(
                        GOOD.stripTrailing().replaceAll("}$", ",\"stream\":null}"),
                        GOOD.stripTrailing().replaceAll("}$", ",\"stream\":true}")),
                pair("{ \"stream\" :\n false ," + rest, "{ \"stream\" :\n true ," + rest),
                pair(
                        GOOD.stripTrailing().replaceAll("}$", ",\"stream\":false}"),
                        GOOD.stripTrailing().replaceAll("}$", ",\"stream\":true}")),
                pair(
                        "{\"x\":\"\\\"stream\\\":false\",\"y\":{\"stream\":false},\"ä€\":[\"stream\"],\"stream\":false,"
                                + rest,
                        "{\"x\":\"\\\"stream\\\":false\",\"y\":{\"stream\":false},\"ä€\":[\"stream\"],\"stream\":true,"
                                + rest),
                pair(
                        "{\"x\":\"stream\",\"stream\":false,\"z\":1.0e3," + rest,
                        "{\"x\":\"stream\",\"stream\":true,\"z\":1.0e3," + rest));
    }

    @Test
    void readsAKeyWithEscapes() {
        assertThat(read(new String(
                                read("{\"str\\u0065am\":false," + GOOD.substring(1))
                                        .streamingBytes(held -> {}),
                                StandardCharsets.UTF_8))
                        .isStreaming())
                .isTrue();
    }

    private static org.junit.jupiter.params.provider.Arguments pair(String body, String streaming) {
        return org.junit.jupiter.params.provider.Arguments.of(body, streaming);
    }

    private static ClaudeException refusal(String body) {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> read(body));
        assertThat(refusal).as("is refused: %s", body).isNotNull();
        return refusal;
    }

    private static MessagesBody read(String body) {
        return MessagesBody.ofMessages(bytes(body));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
