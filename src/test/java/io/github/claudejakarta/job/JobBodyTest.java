package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.runtime.MemoryReservation;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JobBodyTest {

    private static final String FIELDS =
            "\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
    private static final String REQUEST = "{" + FIELDS + "}";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JobSubmission read(String body) {
        return JobBody.read(bytes(body), MemoryReservation.UNLIMITED);
    }

    private static JobSubmission readWith(String field) {
        return read("{\"request\":" + REQUEST + "," + field + "}");
    }

    private static String sent(String request) {
        return new String(read("{\"request\":" + request + "}").request(), StandardCharsets.UTF_8);
    }

    private static String refusal(String body) {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> read(body));
        assertThat(refusal).isNotNull();
        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        return refusal.errorMessage();
    }

    @Test
    void aRequestIsEnough() {
        JobSubmission job = read("{\"request\":" + REQUEST + "}");

        assertThat(job.request()).asString(StandardCharsets.UTF_8).isEqualTo("{\"stream\":true," + FIELDS + "}");
        assertThat(job.callbackUrl()).isEmpty();
        assertThat(job.metadata()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ \"model\" : \"m\" ,\r\n\t\"max_tokens\":9 , \"messages\": [ {\"role\":\"user\",\"content\":\"hi\"} ]\n}",
                "{\"messages\":[{\"content\":\"hi\",\"role\":\"user\"}],\"max_tokens\":9.0e0,\"model\":\"m\"}",
                "{" + FIELDS + ",\"temperature\":1.00,\"x\":-0.0,\"y\":1E+2,\"z\":123456789012345678901234567890}",
                "{" + FIELDS + ",\"system\":\"\\u0041\\/\\\"\\\\ \\ud83d\\ude00 \uD83D\uDE00 \u00e4\u2028\"}",
                "{" + FIELDS + ",\"system\":\"\\ud800 alone \\udc00\"}",
                "{" + FIELDS + ",\"unknown\":{\"b\":[{}],\"a\":null,\"request\":{\"metadata\":{}}},\"callback_url\":7}",
                "{" + FIELDS + ",\"system\":\"} ] , \\\" {\"}",
                "{\"model\":\"first\"," + FIELDS + ",\"top_k\":1,\"top_k\":2}"
            })
    void theRequestIsSentUnchangedExceptForStream(String request) {
        assertThat(sent(request)).isEqualTo("{\"stream\":true," + request.substring(1));
    }

    @Test
    void theRequestIsFoundAfterCharactersOfAnyLength() {
        String request = "{" + FIELDS + ",\"system\":\"" + "\u20ac\uD83D\uDE00x\\\"".repeat(30_000) + "\"}";

        JobSubmission job = read("{\r\n \"callback_url\":\"" + "\u00e4".repeat(5_000) + "\" , \"metadata\": {\"a\":\""
                + "\uD83D\uDE00".repeat(3_000) + "\"} ,\n\"request\" :\t" + request + "  \n}");

        assertThat(job.request()).isEqualTo(bytes("{\"stream\":true," + request.substring(1)));
        assertThat(job.metadata()).contains("{\"a\":\"" + "\uD83D\uDE00".repeat(3_000) + "\"}");
        assertThat(job.callbackUrl()).contains("\u00e4".repeat(5_000));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"stream\":true,F}|{\"stream\":true,F}",
                "{F,\"stream\" : true }|{F,\"stream\" : true }",
                "{\"stream\" :  false ,F}|{\"stream\" :  true ,F}",
                "{F,\"x\":{\"stream\":false},\"stream\":false}|{F,\"x\":{\"stream\":false},\"stream\":true}",
                "{F,\"x\":{\"stream\":false}}|{\"stream\":true,F,\"x\":{\"stream\":false}}",
                "{F,\"\\u0073tream\":false}|{F,\"\\u0073tream\":true}"
            })
    void onlyStreamIsChanged(String request, String sent) {
        assertThat(sent(request.replace("F", FIELDS))).isEqualTo(sent.replace("F", FIELDS));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"\"callback_url\":\"https:\\/\\/a/\\u0062\"|https://a/b", "\"callback_url\":\"\"|''"})
    void aUrlIsReadAsText(String field, String url) {
        assertThat(readWith(field).callbackUrl()).contains(url);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|{}",
                "{ \"b\" : 1.0, \"a\":[] }|{ \"b\" : 1.0, \"a\":[] }",
                "{\"a\":{\"a\":{}}}|{\"a\":{\"a\":{}}}"
            })
    void metadataIsStoredUnchanged(String metadata, String stored) {
        assertThat(readWith("\"metadata\":" + metadata).metadata()).contains(stored);
    }

    @Test
    void nullCountsAsAbsent() {
        JobSubmission job = readWith("\"callback_url\":null,\"metadata\":null");

        assertThat(job.callbackUrl()).isEmpty();
        assertThat(job.metadata()).isEmpty();
    }

    @Test
    void theLastOfTwoEqualFieldsCounts() {
        JobSubmission job = read("{\"request\":{},\"callback_url\":\"a\",\"metadata\":{\"a\":1},\"request\":" + REQUEST
                + ",\"callback_url\":\"b\",\"metadata\":{\"b\":2}}");

        assertThat(job.request()).asString(StandardCharsets.UTF_8).contains(FIELDS);
        assertThat(job.callbackUrl()).contains("b");
        assertThat(job.metadata()).contains("{\"b\":2}");
    }

    @Test
    void metadataIsLimitedInCharacters() {
        String longest = "{\"a\":\"" + "\u00e4".repeat(7_992) + "\"}";

        assertThat(readWith("\"metadata\":" + longest).metadata()).contains(longest);
        assertThat(refusal("{\"request\":" + REQUEST + ",\"metadata\":" + longest.replace("{", "{ ") + "}"))
                .startsWith("metadata: ")
                .contains("8000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"a\"", "1", "true", "[{}]"})
    void metadataIsAnObject(String value) {
        assertThat(refusal("{\"request\":" + REQUEST + ",\"metadata\":" + value + "}"))
                .isEqualTo("metadata: Input should be a valid object");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e99999999999", "[1e-99999999999]"})
    void unreadableMetadataIsRejected(String value) {
        assertThat(refusal("{\"request\":" + REQUEST + ",\"metadata\":{\"a\":" + value + "}}"))
                .startsWith("metadata: ");
    }

    @Test
    void metadataWithANumberOfTooManyDigitsIsRejected() {
        assertThat(refusal("{\"request\":" + REQUEST + ",\"metadata\":{\"a\":" + "1".repeat(5_000) + "}}"))
                .startsWith("metadata: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{}", "1", "false", "[\"https://a\"]"})
    void aUrlThatIsNotATextIsRejected(String value) {
        assertThat(refusal("{\"request\":" + REQUEST + ",\"callback_url\":" + value + "}"))
                .isEqualTo("callback_url: Input should be a valid string");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[]", "\"a\"", "1", "[" + REQUEST + "]"})
    void aRequestThatIsNotAnObjectIsRejected(String value) {
        assertThat(refusal("{\"request\":" + value + "}")).isEqualTo("request: Input should be a valid object");
    }

    @Test
    void aRequestIsRequired() {
        assertThat(refusal("{}")).isEqualTo("request: Field required");
    }

    @ParameterizedTest
    @ValueSource(strings = {"callback", "callbackUrl", "Request", "model", ""})
    void aMisspeltFieldIsRejected(String name) {
        assertThat(refusal("{\"" + name + "\":{\"a\":[]},\"request\":" + REQUEST + "}"))
                .startsWith(name + ": Extra inputs are not permitted");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"model\":\"m\"|\"model\":7|request.model: Input should be a valid string",
                "\"model\":\"m\",|''|request.model: Field required",
                "\"max_tokens\":9|\"max_tokens\":\"9\"|request.max_tokens: Input should be a valid integer",
                "\"max_tokens\":9|\"max_tokens\":-1|request.max_tokens: Input should be greater than or equal to 0",
                "\"max_tokens\":9,|''|request.max_tokens: Field required",
                "[{\"role\":\"user\",\"content\":\"hi\"}]|[]|request.messages: at least one message is required",
                "\"model\":\"m\"|\"model\":\"m\",\"stream\":0|request.stream: Input should be a valid boolean"
            })
    void anErrorInTheRequestNamesItsField(String from, String to, String message) {
        assertThat(refusal("{\"request\":" + REQUEST.replace(from, to) + "}")).isEqualTo(message);
    }

    @Test
    void aNumberThatCannotBeParsedIsRejectedWithAClearMessage() {
        String body = "{\"request\":" + REQUEST.replace(":9", ":" + "9".repeat(5_000)) + "}";

        assertThat(refusal(body)).startsWith("request: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "[]",
                "7",
                "\"a\"",
                "null",
                "{",
                "{\"request\":",
                "{\"request\":{}",
                "{\"request\":{}}x",
                "{\"request\":{\"a\":}}",
                "nonsense",
                "\uFEFF{}",
                "{\"request\":{\"a\":\"\n\"}}",
                "{\"request\":{\"a\":tru}}",
                "{\"request\":{\"a\":01}}",
                "{\"request\":{\"a\":\"\\x\"}}"
            })
    void aBodyThatIsNotOneJsonObjectIsRejected(String body) {
        assertThat(refusal(body)).startsWith("The request body is not ");
    }

    @Test
    void aBodyThatIsNotUtf8IsRejected() {
        byte[] body = bytes("{\"request\":" + REQUEST + "}");
        body[body.length - 4] = (byte) 0xe4;

        assertThat(catchThrowableOfType(ClaudeException.class, () -> JobBody.read(body, MemoryReservation.UNLIMITED))
                        .errorMessage())
                .isEqualTo("The request body is not UTF-8 at byte " + (body.length - 3));
        byte[] surrogate = bytes("{\"metadata\":{\"a\":\"xxx\"},\"request\":" + REQUEST + "}");
        System.arraycopy(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, 0, surrogate, 18, 3);
        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> JobBody.read(surrogate, MemoryReservation.UNLIMITED))
                        .errorMessage())
                .isEqualTo("The request body is not UTF-8 at byte 19");
    }

    @Test
    void aTooDeepRequestIsRejected() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);

        assertThat(refusal("{\"request\":{" + FIELDS + ",\"x\":" + deep + "}}"))
                .startsWith("The request body is not valid JSON");
        assertThat(refusal("{\"request\":" + REQUEST + ",\"metadata\":{\"x\":" + deep + "}}"))
                .startsWith("The request body is not valid JSON");
    }

    @Test
    void aRequestOfTheMaximumDepthIsAccepted() {
        String deep = "{\"a\":" + "[".repeat(900) + "]".repeat(900) + "}";

        assertThatCode(() -> readWith("\"metadata\":" + deep)).doesNotThrowAnyException();
    }

    @Test
    void theRequestHasAnthropicsSizeLimit() {
        String limit = "{\"stream\":true," + FIELDS + ",\"x\":\"";
        byte[] longest = body(limit, MessagesBody.MAX_BYTES);

        assertThat(JobBody.read(longest, MemoryReservation.UNLIMITED).request()).hasSize(MessagesBody.MAX_BYTES);
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> JobBody.read(
                                        body(limit, MessagesBody.MAX_BYTES + 1), MemoryReservation.UNLIMITED))
                        .type())
                .isEqualTo(ErrorType.REQUEST_TOO_LARGE);
    }

    @Test
    void theLimitAppliesToTheSentBytes() {
        String withoutStream = "{" + FIELDS + ",\"x\":\"";

        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> JobBody.read(
                                        body(withoutStream, MessagesBody.MAX_BYTES), MemoryReservation.UNLIMITED))
                        .type())
                .isEqualTo(ErrorType.REQUEST_TOO_LARGE);
    }

    /** Returns a job whose request begins with this text and has this many bytes. */
    private static byte[] body(String begin, int size) {
        byte[] body = new byte[size + "{\"request\":}".length()];
        Arrays.fill(body, (byte) 'x');
        byte[] head = bytes("{\"request\":" + begin);
        System.arraycopy(head, 0, body, 0, head.length);
        System.arraycopy(bytes("\"}}"), 0, body, body.length - 3, 3);
        return body;
    }
}
