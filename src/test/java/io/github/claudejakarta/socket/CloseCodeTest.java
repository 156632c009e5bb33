package io.github.claudejakarta.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CloseCodeTest {

    @ParameterizedTest
    @CsvSource({
        "overloaded_error, 529, 1013",
        "api_error, 503, 1013",
        "api_error, 500, 1008",
        "request_too_large, 413, 1009",
        "invalid_request_error, 400, 1008",
        "authentication_error, 401, 1008",
        "not_found_error, 404, 1008",
        "rate_limit_error, 429, 1008"
    })
    void anErrorHasItsCode(String type, int status, int code) {
        var why = ClaudeException.of(status, new ErrorType(type), "x");

        assertThat(CloseCode.of(why).value()).isEqualTo(code);
    }
}
