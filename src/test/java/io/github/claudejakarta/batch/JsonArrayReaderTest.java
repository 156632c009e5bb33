package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.MemoryReservation;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JsonArrayReaderTest {

    private static final String A = request("a");
    private static final String B = request("b");

    @Test
    void everyElementIsARequest() throws Exception {
        var reader = reader("{\"requests\":[" + A + "," + B + "]}");

        assertThat(reader.next().orElseThrow().customId()).isEqualTo("a");
        assertThat(reader.next().orElseThrow().customId()).isEqualTo("b");
        assertThat(reader.next()).isEmpty();
        assertThat(reader.next()).isEmpty();
    }

    @Test
    void aSecondListIsNotIgnored() throws Exception {
        var reader = reader("{\"requests\":[" + A + "],\"requests\":[" + B + "]}");
        reader.next();

        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessage("requests: the body has this field twice. Put all requests into one list");
    }

    @Test
    void bytesThatAreNotUtf8AreRejectedAndNotReplaced() {
        byte[] latin =
                ("{\"requests\":[" + A.replace("\"a\"", "\"\u00e4\"") + "]}").getBytes(StandardCharsets.ISO_8859_1);

        assertThatThrownBy(new JsonArrayReader(new ByteArrayInputStream(latin), MemoryReservation.UNLIMITED)::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageContaining("not UTF-8");
    }

    @Test
    void elementsAreCountedFromZero() throws Exception {
        var reader = reader("{\"requests\":[" + A + "," + B + "]}");

        assertThat(reader.next().orElseThrow().where()).isEqualTo("requests.0");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("requests.1");
    }

    @Test
    void keysOfARequestMayHaveAnyOrder() throws Exception {
        var request = reader(
                        "{\"requests\":[{\"params\":{\"messages\":[{}],\"max_tokens\":1,\"model\":\"m\"},\"custom_id\":\"z\"}]}")
                .next();

        assertThat(request.orElseThrow().customId()).isEqualTo("z");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"x\":1,\"requests\":[%s]}",
                "{\"x\":{\"requests\":[{}]},\"y\":[[\"requests\",{}]],\"z\":\"requests\",\"requests\":[%s]}",
                "{\"requests\":[%s],\"x\":{\"requests\":[]},\"y\":null}",
                "\n {\"x\":[] , \"requests\" :\t[ %s\n] } \n",
            })
    void otherKeysBeforeAndAfterAreSkipped(String body) throws Exception {
        var reader = reader(body.formatted(A));

        assertThat(reader.next().orElseThrow().customId()).isEqualTo("a");
        assertThat(reader.next()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{\"requests\":[%s]} | -",
                "{\"callback_url\":\"https://a/\",\"requests\":[%s]} | https://a/",
                "{\"requests\":[%s],\"callback_url\":\"https://a/\"} | https://a/",
                "{\"x\":[\"callback_url\"],\"requests\":[%s],\"y\":{\"a\":[{}]},\"callback_url\":\"https://a/\",\"z\":1} | https://a/",
                "{\"requests\":[%s],\"callback_url\":\"\\u0068ttps:\\/\\/a/\"} | https://a/",
                "{\"callback_url\":null,\"requests\":[%s]} | -",
                "{\"requests\":[%s],\"callback_url\":null} | -",
                "{\"callback_url\":\"\",\"requests\":[%s]} | ''",
                "{\"callback_url\":\"https://a/\",\"requests\":[%s],\"callback_url\":\"https://b/\"} | https://b/",
                "{\"x\":{\"callback_url\":\"https://a/\"},\"requests\":[%s],\"y\":{\"callback_url\":\"https://a/\"},\"z\":[{\"callback_url\":1}]} | -",
                "{\"Callback_url\":\"https://a/\",\"requests\":[%s],\"callback_URL\":1} | -",
            })
    void theCallbackUrlIsKnownWhenTheBodyIsRead(String body, String url) throws Exception {
        var reader = reader(body.formatted(A));

        assertThat(reader.next()).isPresent();
        assertThat(reader.next()).isEmpty();

        assertThat(reader.callbackUrl()).isEqualTo(Optional.ofNullable(url));
    }

    @Test
    void aCallbackUrlWithinARequestIsNotThatOfTheBatch() throws Exception {
        var reader = reader("{\"requests\":[{\"callback_url\":\"https://a/\"," + A.substring(1) + "]}");
        reader.next();

        assertThat(reader.next()).isEmpty();
        assertThat(reader.callbackUrl()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "true", "[\"https://a/\"]", "{\"url\":\"https://a/\"}", "[]", "{}", "-0.5"})
    void theCallbackUrlIsAString(String value) throws Exception {
        assertThatThrownBy(reader("{\"callback_url\":" + value + ",\"requests\":[" + A + "]}")::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessage("callback_url: Input should be a valid string");

        var after = reader("{\"requests\":[" + A + "],\"callback_url\":" + value + "}");
        after.next();
        assertThatThrownBy(after::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessage("callback_url: Input should be a valid string");
    }

    @Test
    void anEmptyListHasNoRequests() throws Exception {
        assertThat(reader("{\"requests\":[]}").next()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                 | requests: Field required",
                "{\"request\":[],\"x\":{\"requests\":[]}} | requests: Field required",
                "{\"requests\":{}}                  | requests: Input should be a valid list",
                "{\"requests\":null}                | requests: Input should be a valid list",
                "{\"requests\":\"[]\"}              | requests: Input should be a valid list",
                "[]                                 | The request body is not a JSON object",
                "1                                  | The request body is not a JSON object",
            })
    void aBodyThatIsNotABatchIsReported(String body, String message) {
        assertThatThrownBy(reader(body)::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "nonsense",
                "{\"requests\"",
                "{\"requests\":",
                "{\"requests\":[",
                "{\"requests\":[{",
                "{\"requests\":[{\"custom_id\":\"a",
                "{\"x\":[1",
                "{\"requests\":[,]}",
                "{\"requests\":[}",
                "{requests:[]}"
            })
    void aBodyThatIsNotJsonIsReported(String body) {
        assertThatThrownBy(reader(body)::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageStartingWith("The request body is not valid JSON");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "]",
                ",{\"custom_id\":",
                ", " + "{}",
                "]}x",
                "]}{}",
                "]}]",
                "]]",
                "],}",
                "],\"x\":{}",
                "],\"x\":[1}"
            })
    void aBodyThatIsCutOrTooLongIsInvalid(String end) throws Exception {
        var reader = reader("{\"requests\":[" + A + end);

        assertThat(reader.next()).isPresent();
        assertThatThrownBy(() -> {
                    while (true) {
                        try {
                            assertThat(reader.next()).as("an end").isPresent();
                        } catch (RequestReader.BadRequest e) {
                            assertThat(e).hasMessageStartingWith("requests.1: ");
                        }
                    }
                })
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageStartingWith("The request body is not valid JSON");
    }

    @Test
    void anElementThatIsNotAnObjectIsNamed() throws Exception {
        var reader = reader("{\"requests\":[1," + A + ",[[{}],{\"a\":[]}],null," + B + ",\"c\"]}");

        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage("requests.0: Input should be an object");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("requests.1");
        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage("requests.2: Input should be an object");
        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage("requests.3: Input should be an object");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("requests.4");
        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage("requests.5: Input should be an object");
        assertThat(reader.next()).isEmpty();
    }

    @Test
    void theProblemOfARequestIsReportedWithItsIndex() throws Exception {
        var reader = reader("{\"requests\":[" + A + ",{\"custom_id\":\"b\"}," + B + "]}");

        reader.next();
        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage("requests.1: params: Field required");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("requests.2");
        assertThat(reader.next()).isEmpty();
    }

    @Test
    void theTextOfARequestIsUnchanged() throws Exception {
        String params = """
            {"model":"m","max_tokens":1.0,"messages":[{}],"n":[1e2,0.10,-0,12345678901234567890123,1.5E-7],
             "t":"\\u00e4ä\\ud83d\\ude00😀\\n\\"\\\\\\/\\u0000\\u2028","u":{"b":1,"a":[null,true,{}]},"":""}""";

        var request = reader("{\"requests\":[{\"custom_id\":\"a\",\"params\":" + params + ",\"future\":[1]}]}")
                .next()
                .orElseThrow();

        JsonObject json = json(new String(request.json(), StandardCharsets.UTF_8));
        assertThat(json.getJsonObject("params")).isEqualTo(json(params));
        assertThat(json.getJsonObject("params").getJsonArray("n").toString())
                .contains("0.10", "12345678901234567890123");
        assertThat(json.getJsonArray("future")).hasToString("[1]");
    }

    @Test
    void aRequestThatWouldFillTheMemoryStopsTheReader() throws Exception {
        var body = new SequenceInputStream(in("{\"requests\":[" + A + ",{\"custom_id\":\""), new Filled(1L << 40));
        var reader = new JsonArrayReader(body, MemoryReservation.UNLIMITED);

        assertThat(reader.next()).isPresent();
        assertTooLarge(reader, "requests.1");
    }

    @Slow("large bodies")
    @Test
    void allRequestsTogetherMayBeLonger() throws Exception {
        var reader = new JsonArrayReader(
                new SequenceInputStream(in("{\"requests\":[" + big("a") + ","), in(big("b") + "]}")),
                MemoryReservation.UNLIMITED);

        assertThat(reader.next().orElseThrow().customId()).isEqualTo("a");
        assertThat(reader.next().orElseThrow().customId()).isEqualTo("b");
        assertThat(reader.next()).isEmpty();
    }

    @Slow("large bodies")
    @Test
    void afterALargeRequestOthersAreStillOneByOne() throws Exception {
        var body = new StringBuilder("{\"requests\":[" + big("a"));
        for (int i = 0; i < 25; i++) {
            body.append(',').append(request("b" + i).replace("{}", "\"" + "ä".repeat(1 << 20) + "\""));
        }
        var reader = reader(body.append("]}").toString());

        assertThat(reader.next().orElseThrow().customId()).isEqualTo("a");
        for (int i = 0; i < 25; i++) {
            assertThat(reader.next().orElseThrow().customId()).isEqualTo("b" + i);
        }
        assertThat(reader.next()).isEmpty();
    }

    @Slow("large bodies")
    @Test
    void aRequestMayHaveExactly32Megabytes() throws Exception {
        String empty = request("a").replace("{}", "\"\"");
        String largest = empty.replace("\"\"", "\"" + "x".repeat(SubmittedRequest.MAX_BYTES - empty.length()) + "\"");

        assertThat(reader("{\"requests\":[" + largest + "]}")
                        .next()
                        .orElseThrow()
                        .json())
                .hasSize(SubmittedRequest.MAX_BYTES);
        assertTooLarge(reader("{\"requests\":[" + largest.replaceFirst("x", "xx") + "]}"), "requests.0");
    }

    private static void assertTooLarge(JsonArrayReader reader, String where) {
        assertThatThrownBy(reader::next).isInstanceOfSatisfying(ClaudeException.class, refusal -> {
            assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
            assertThat(refusal.errorMessage())
                    .isEqualTo(where + ": longer than 32 MB, the limit for one request of a batch");
        });
    }

    @Test
    void nestingThatTheParserRejectsIsNotAServerError() {
        assertThatThrownBy(reader("{\"requests\":[{\"params\":" + "[".repeat(100_000))::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageStartingWith("The request body is not valid JSON");
    }

    @Test
    void aCallerThatBreaksOffIsNotAnInvalidBody() throws Exception {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };
        var reader = new JsonArrayReader(
                new SequenceInputStream(in("{\"requests\":[" + A + ",{\"custom_id\""), broken),
                MemoryReservation.UNLIMITED);

        assertThatThrownBy(() -> {
                    while (true) {
                        assertThat(reader.next()).as("an end").isPresent();
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessage("gone");
    }

    /** A stream of the same letter, this many times. */
    private static final class Filled extends InputStream {

        private long left;

        Filled(long length) {
            left = length;
        }

        @Override
        public int read() {
            return left-- > 0 ? 'x' : -1;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            int count = (int) Math.min(length, left);
            Arrays.fill(buffer, offset, offset + count, (byte) 'x');
            left -= count;
            return count == 0 ? -1 : count;
        }
    }

    private static String big(String id) {
        return "{\"custom_id\":\"" + id + "\",\"params\":{\"model\":\"m\",\"max_tokens\":1,\"messages\":[\""
                + "x".repeat(17 << 20) + "\"]}}";
    }

    private static String request(String id) {
        return "{\"custom_id\":\"" + id + "\",\"params\":{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}]}}";
    }

    private static JsonObject json(String text) {
        try (var reader = Json.createReader(new java.io.StringReader(text))) {
            return reader.readObject();
        }
    }

    private static JsonArrayReader reader(String body) {
        return new JsonArrayReader(in(body), MemoryReservation.UNLIMITED);
    }

    private static InputStream in(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
