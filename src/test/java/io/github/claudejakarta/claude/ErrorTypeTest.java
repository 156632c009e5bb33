package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorTypeTest {

    @ParameterizedTest
    @CsvSource({
        "400, invalid_request_error, false",
        "401, authentication_error, false",
        "402, billing_error, false",
        "403, permission_error, false",
        "404, not_found_error, false",
        "409, conflict_error, true",
        "413, request_too_large, false",
        "429, rate_limit_error, true",
        "500, api_error, true",
        "504, timeout_error, true",
        "529, overloaded_error, true",
    })
    void eachTypeHasItsStatus(int status, String type, boolean isRetryable) {
        assertThat(new ErrorType(type).status()).isEqualTo(status);
        assertThat(ErrorType.ofStatus(status)).isEqualTo(new ErrorType(type));
        assertThat(new ErrorType(type).isRetryable()).isEqualTo(isRetryable);
    }

    @ParameterizedTest
    @CsvSource({
        "405, invalid_request_error",
        "418, invalid_request_error",
        "502, api_error",
        "503, api_error",
        "302, api_error"
    })
    void otherStatusesHaveTheTypeOfTheirFamily(int status, String type) {
        assertThat(ErrorType.ofStatus(status)).isEqualTo(new ErrorType(type));
    }

    @Test
    void anUnknownTypeCountsAs500AndIsNotRetried() {
        assertThat(new ErrorType("moon_error").status()).isEqualTo(500);
        assertThat(new ErrorType("moon_error").isRetryable()).isFalse();
    }
}
