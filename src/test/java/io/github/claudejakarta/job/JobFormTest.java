package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.runtime.MemoryReservation;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobFormTest {

    private static final String FORM = "prompt=hi&model=m&max_tokens=9";

    private static JobSubmission read(String form) {
        return JobForm.read(form.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8, MemoryReservation.UNLIMITED);
    }

    private static JsonObject json(JobSubmission job) {
        try (var reader = Json.createReader(new StringReader(new String(job.request(), StandardCharsets.UTF_8)))) {
            return reader.readObject();
        }
    }

    private static String prompt(JobSubmission job) {
        return json(job).getJsonArray("messages").getJsonObject(0).getString("content");
    }

    private static String refusal(String form) {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> read(form));
        assertThat(refusal).isNotNull();
        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        return refusal.errorMessage();
    }

    @Test
    void aPromptAModelAndMaxTokensAreEnough() {
        JobSubmission job = read(FORM);

        assertThat(json(job))
                .hasToString(
                        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true}");
        assertThat(job.callbackUrl()).isEmpty();
        assertThat(job.metadata()).isEmpty();
    }

    @Test
    void allFieldsAreReadInAnyOrder() {
        JobSubmission job =
                read("callback_url=https%3A%2F%2Fa%2Fb%3Fc%3Dd%26e&max_tokens=10&system=Be+brief.&model=m&prompt=hi");

        assertThat(json(job).getString("system")).isEqualTo("Be brief.");
        assertThat(json(job).getInt("max_tokens")).isEqualTo(10);
        assertThat(job.callbackUrl()).contains("https://a/b?c=d&e");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "a+b|a b",
                "a%20b|a b",
                "%C3%A4|\u00e4",
                "\u00e4|\u00e4",
                "%F0%9F%98%80|\uD83D\uDE00",
                "a=b=c|a=b=c",
                "%26%3D%2B%25|&=+%",
                "%22%5C|\"\\",
                "%7B%7D|{}"
            })
    void escapesAreResolved(String escaped, String text) {
        assertThat(prompt(read("model=m&max_tokens=9&prompt=" + escaped))).isEqualTo(text);
    }

    @Test
    void controlCharactersReachClaudeAsJsonEscapes() {
        JobSubmission job = read("model=m&max_tokens=9&prompt=a%0D%0Ab%00c");

        assertThat(prompt(job)).isEqualTo("a\r\nb\0c");
        assertThat(new String(job.request(), StandardCharsets.UTF_8)).doesNotContain("\0");
    }

    @Test
    void namesMayBeEscaped() {
        assertThat(prompt(read("pr%6Fmpt=hi&model=m&max%5Ftokens=9"))).isEqualTo("hi");
    }

    @ParameterizedTest
    @CsvSource({"ISO-8859-1,%E4,\u00e4", "windows-1252,%80,\u20ac", "UTF-8,%E2%82%AC,\u20ac", "ISO-8859-15,%A4,\u20ac"})
    void escapesAreReadInTheGivenCharset(String charset, String escaped, String text) {
        byte[] form = ("model=m&max_tokens=9&prompt=" + escaped).getBytes(StandardCharsets.US_ASCII);

        assertThat(prompt(JobForm.read(form, Charset.forName(charset), MemoryReservation.UNLIMITED)))
                .isEqualTo(text);
    }

    @Test
    void escapesAreInTheCharsetOfTheText() {
        byte[] form = "model=m&max_tokens=9&prompt=\u00e4".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(prompt(JobForm.read(form, StandardCharsets.ISO_8859_1, MemoryReservation.UNLIMITED)))
                .isEqualTo("\u00e4");
    }

    /** Otherwise a wrong question would be sent and paid for. */
    @ParameterizedTest
    @ValueSource(strings = {"gr%FCn", "%E4", "%F0%9F", "a%80b", "%C3%28"})
    void charactersOutsideTheCharsetAreRejected(String escaped) {
        assertThat(refusal("model=m&max_tokens=9&prompt=" + escaped))
                .isEqualTo("The request body is not UTF-8. Name its charset in Content-Type");
    }

    @Test
    void aReplacementCharacterSentOnPurposeIsAccepted() {
        assertThat(prompt(read("model=m&max_tokens=9&prompt=a%ef%bf%bdb"))).isEqualTo("a\uFFFDb");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"&" + FORM + "&", FORM + "&&", "prompt=hi&&&model=m&max_tokens=9", FORM + "\r\n", " " + FORM})
    void emptyPairsAndTheEndOfALineAreIgnored(String form) {
        assertThat(prompt(read(form))).isEqualTo("hi");
    }

    @ParameterizedTest
    @ValueSource(strings = {"system=", "callback_url=", "system=+", "callback_url=%20"})
    void anEmptyFieldCountsAsAbsent(String field) {
        JobSubmission job = read(FORM + "&" + field);

        assertThat(json(job)).doesNotContainKey("system");
        assertThat(job.callbackUrl()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"prompt=hi&|prompt", "model=m&|model", "&max_tokens=9|max_tokens"})
    void aMissingFieldIsNamed(String missing, String name) {
        assertThat(refusal(FORM.replace(missing, ""))).isEqualTo(name + ": Field required");
        assertThat(refusal(FORM.replace(missing, name.equals("max_tokens") ? "&max_tokens=" : name + "=+&")))
                .isEqualTo(name + ": Field required");
    }

    @Test
    void anEmptyFormLacksAllFields() {
        assertThat(refusal("")).endsWith(": Field required");
    }

    @ParameterizedTest
    @CsvSource({
        "-1,greater than or equal to 0",
        "9.5,valid integer",
        "9e2,valid integer",
        "x,valid integer",
        "2147483648,valid integer",
        "0x9,valid integer",
        "'9,000',valid integer"
    })
    void maxTokensIsANumber(String value, String message) {
        assertThat(refusal(FORM.replace("=9", "=" + value)))
                .startsWith("max_tokens: ")
                .contains(message);
    }

    @ParameterizedTest
    @CsvSource({"+9+,9", "0,0", "2147483647,2147483647", "007,7"})
    void maxTokensMayHaveSpacesAndZeros(String value, int number) {
        assertThat(json(read(FORM.replace("=9", "=" + value))).getInt("max_tokens"))
                .isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompt=again", "model=m", "max_tokens=9", "pr%6Fmpt=hi", "prompt="})
    void aRepeatedFieldIsRejected(String field) {
        assertThat(refusal(FORM + "&" + field)).endsWith(": the form contains this field twice");
    }

    @ParameterizedTest
    @ValueSource(strings = {"temperature=1", "Prompt=hi", "metadata=x", "stream=true", "=hi", "callback=https://a"})
    void anUnknownFieldIsRejected(String field) {
        assertThat(refusal(FORM + "&" + field))
                .startsWith(field.substring(0, field.indexOf('=')) + ": Extra inputs are not permitted")
                .contains("prompt, model, max_tokens, system, callback_url");
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompt", "{\"request\":{}}", "prompt=hi&model"})
    void aBodyThatIsNotAFormIsRejected(String form) {
        assertThat(refusal(form)).startsWith("The request body is not a form");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "%a", "%zz", "%-1", "100%&x", "a%2"})
    void anInvalidEscapeIsRejected(String escaped) {
        assertThat(refusal("model=m&max_tokens=9&prompt=" + escaped)).startsWith("The request body is not a form");
    }

    @Test
    void aFormHasASizeLimit() {
        byte[] form = ("model=m&max_tokens=9&prompt=" + "x".repeat(MessagesBody.MAX_BYTES))
                .getBytes(StandardCharsets.US_ASCII);

        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> JobForm.read(form, StandardCharsets.UTF_8, MemoryReservation.UNLIMITED))
                        .type())
                .isEqualTo(ErrorType.REQUEST_TOO_LARGE);
    }
}
