package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StoredErrorsTest {

    @Test
    void claudesErrorsAreStoredUnchanged() {
        String body =
                "{\"error\":{\"message\":\"no\",\"type\":\"billing_error\",\"new\":1},\"type\":\"error\",\"request_id\":\"req_1\"}";

        assertThat(StoredErrors.of(ClaudeException.ofAnswer(402, Map.of(), body)))
                .isEqualTo(body);
    }

    @Test
    void ourErrorsHaveTheSameForm() {
        assertThat(StoredErrors.of(ErrorType.CONFLICT, "twice"))
                .isEqualTo(
                        "{\"type\":\"error\",\"error\":{\"type\":\"conflict_error\",\"message\":\"twice\"},\"request_id\":null}");
    }

    @Test
    void tooLongMessagesAreCut() {
        String body = "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"" + "x".repeat(8_000)
                + "\"}}";

        String stored = StoredErrors.of(ClaudeException.ofAnswer(429, Map.of(), body));

        assertThat(StoredErrors.type(stored)).isEqualTo("rate_limit_error");
        assertThat(StoredErrors.json(stored).getJsonObject("error").getString("message"))
                .isEqualTo("x".repeat(1_000));
    }

    @Test
    void aTooLongTypeIsReplacedByOurs() {
        String body = "{\"type\":\"error\",\"error\":{\"type\":\"" + "x".repeat(8_000) + "\",\"message\":\"why\"}}";

        String stored = StoredErrors.of(ClaudeException.ofAnswer(500, Map.of(), body));

        assertThat(stored.length()).isLessThanOrEqualTo(8_000);
        assertThat(StoredErrors.type(stored)).isEqualTo("api_error");
        assertThat(StoredErrors.json(stored).getJsonObject("error").getString("message"))
                .isEqualTo("why");
    }

    @Test
    void errorsWithManyEscapesFit() {
        assertThat(StoredErrors.of(ClaudeException.of(ErrorType.API, "\0".repeat(2_000)))
                        .length())
                .isLessThanOrEqualTo(8_000);
    }

    @Test
    void errorsOfTheMaximumLengthAreNotCut() {
        String body = "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"\"}}";
        String longest = body.replace("\"\"", "\"" + "x".repeat(8_000 - body.length()) + "\"");

        assertThat(StoredErrors.of(ClaudeException.ofAnswer(500, Map.of(), longest)))
                .isEqualTo(longest);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}|overloaded_error",
                "{\"type\":\"error\",\"error\":{\"type\":\"a_new_one\",\"message\":\"x\"}}|a_new_one",
                "{\"type\":\"error\"}|api_error",
                "nonsense|api_error",
                "''|api_error"
            })
    void haveAType(String text, String type) {
        assertThat(StoredErrors.type(text)).isEqualTo(type);
    }

    @ParameterizedTest
    @EnumSource(ErrorKind.class)
    void errorsOfEachKindAreReadUnchanged(ErrorKind kind) {
        for (ErrorType type : List.of(ErrorType.API, ErrorType.OVERLOADED, ErrorType.INVALID_REQUEST)) {
            var failure = ClaudeException.of(kind, type, "m");

            ClaudeException stored = StoredErrors.failure(StoredErrors.withKind(failure));

            assertThat(stored.kind()).isEqualTo(kind);
            assertThat(stored.type()).isEqualTo(type);
            assertThat(stored.status()).isEqualTo(type.status());
            assertThat(stored.isRetryable()).isEqualTo(failure.isRetryable());
            assertThat(stored.body()).isEqualTo(failure.body());
        }
    }

    @Test
    void claudesErrorsAreReadUnchanged() {
        String body =
                "{\"error\":{\"message\":\"no\",\"type\":\"billing_error\",\"new\":1.0},\"type\":\"error\",\"request_id\":\"req_1\"}";

        String stored = StoredErrors.withKind(ClaudeException.ofAnswer(402, Map.of(), body));

        assertThat(stored).isEqualTo(body);
        assertThat(StoredErrors.failure(stored).body()).isEqualTo(body);
        assertThat(StoredErrors.failure(stored).kind()).isEqualTo(ErrorKind.REFUSED);
    }

    @Test
    void errorsOfAnEarlierVersionHaveTheKindOfTheirType() {
        assertThat(StoredErrors.failure(StoredErrors.of(ErrorType.OVERLOADED, "m"))
                        .kind())
                .isEqualTo(ErrorKind.LIMITED);
        assertThat(StoredErrors.failure("nonsense").kind()).isEqualTo(ErrorKind.REFUSED);
    }

    @Test
    void errorsOfTheMaximumLengthAreStoredWithoutTheirKind() {
        var failure = ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, "x".repeat(7_900));

        String stored = StoredErrors.withKind(failure);

        assertThat(stored.length()).isLessThanOrEqualTo(8_000);
        assertThat(StoredErrors.failure(stored).errorMessage()).isEqualTo(failure.errorMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\":1}|{\"a\":1}",
                "nonsense|{\"type\":\"error\"}",
                "''|{\"type\":\"error\"}",
                "[]|{\"type\":\"error\"}"
            })
    void jsonIsValidEvenIfTheTextIsNot(String text, String json) {
        assertThat(StoredErrors.json(text)).hasToString(json);
    }
}
