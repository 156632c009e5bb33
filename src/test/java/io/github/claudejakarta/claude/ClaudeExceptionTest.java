package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClaudeExceptionTest {

    private static final String OVERLOADED = """
            {"type":"error", "error":{"type":"overloaded_error","message":"Overloaded"}, "request_id":"req_1"}""";

    @Test
    void hasTheStatusOfItsType() {
        var error = ClaudeException.of(ErrorType.NOT_FOUND, "no such stream");

        assertThat(error.status()).isEqualTo(404);
        assertThat(error.type()).isEqualTo(ErrorType.NOT_FOUND);
        assertThat(error.errorMessage()).isEqualTo("no such stream");
        assertThat(error.body()).isEqualTo("""
                {"type":"error","error":{"type":"not_found_error","message":"no such stream"},"request_id":null}""");
    }

    @Test
    void mayHaveAnotherStatusThanItsType() {
        assertThat(ClaudeException.of(405, ErrorType.INVALID_REQUEST, "m").status())
                .isEqualTo(405);
    }

    @Test
    void messageHasTypeStatusTextAndRequestId() {
        assertThat(ClaudeException.of(ErrorType.OVERLOADED, "Overloaded"))
                .hasMessage("overloaded_error (529): Overloaded");
        assertThat(ClaudeException.of(ErrorType.OVERLOADED, "Overloaded").withRequestId("req_1"))
                .hasMessage("overloaded_error (529): Overloaded [req_1]");
    }

    @Test
    void copiesAddDetails() {
        var cause = new IllegalStateException();
        var error = ClaudeException.of(ErrorType.RATE_LIMIT, "m")
                .withCause(cause)
                .withRetryAfter(Duration.ofSeconds(3))
                .withRequestId("req_1");

        assertThat(error.retryAfter()).contains(Duration.ofSeconds(3));
        assertThat(error.requestId()).contains("req_1");
        assertThat(error).hasCause(cause);
        assertThat(error.body()).contains("\"request_id\":\"req_1\"");
    }

    @Test
    void keepsABodyInAnthropicsFormatVerbatim() {
        var error = ClaudeException.ofAnswer(529, Map.of(), OVERLOADED);

        assertThat(error.type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(error.errorMessage()).isEqualTo("Overloaded");
        assertThat(error.requestId()).contains("req_1");
        assertThat(error.body()).isEqualTo(OVERLOADED);
        assertThat(error.withRequestId("req_2").body()).isEqualTo(OVERLOADED);
    }

    @Test
    void keepsAStatusThatIsNotInTheTable() {
        var error = ClaudeException.ofAnswer(599, Map.of(), OVERLOADED);

        assertThat(error.status()).isEqualTo(599);
        assertThat(error.type()).isEqualTo(ErrorType.OVERLOADED);
    }

    @Test
    void dropsThePageOfACdn() {
        var error = ClaudeException.ofAnswer(413, Map.of(), "<html><head><title>413 Request Entity Too Large</title>");

        assertThat(error.status()).isEqualTo(413);
        assertThat(error.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
        assertThat(error.errorMessage()).isEqualTo("HTTP status 413");
        assertThat(error.body()).isEqualTo("""
                {"type":"error","error":{"type":"request_too_large","message":"HTTP status 413"},"request_id":null}""");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "upstream connect error                  | upstream connect error",
                "{\"message\":\"no healthy upstream\"}   | no healthy upstream",
                "{\"error\":\"no healthy upstream\"}     | no healthy upstream",
                "{\"error\":{\"message\":\"no type\"}}   | no type",
                "{}                                      | HTTP status 503",
                "~ ~                                     | HTTP status 503",
            })
    void findsTheMessageInOtherBodies(String body, String message) {
        var error = ClaudeException.ofAnswer(503, Map.of(), body);

        assertThat(error.type()).isEqualTo(ErrorType.API);
        assertThat(error.errorMessage()).isEqualTo(message);
    }

    @Test
    void shortensTheMessageOfOtherBodies() {
        assertThat(ClaudeException.ofAnswer(503, Map.of(), "x".repeat(10_000)).errorMessage())
                .hasSizeLessThan(400);
    }

    @Test
    void hasTheErrorCode() {
        var error = ClaudeException.ofAnswer(429, Map.of(), """
                {"type":"error","error":{"type":"rate_limit_error","message":"m",
                "details":{"error_code":"enforced_spend_limit_reached"}}}""");

        assertThat(error.errorCode()).contains("enforced_spend_limit_reached");
        assertThat(error.retryAfter()).isEmpty();
        assertThat(ClaudeException.ofAnswer(529, Map.of(), OVERLOADED).errorCode())
                .isEmpty();
    }

    @Test
    void theRequestIdOfTheHeaderWins() {
        assertThat(ClaudeException.ofAnswer(500, Map.of("Request-Id", "req_9"), "")
                        .requestId())
                .contains("req_9");
        assertThat(ClaudeException.ofAnswer(500, Map.of("Request-Id", "req_9"), "")
                        .body())
                .contains("req_9");
    }

    @Test
    void showsOnlyHeadersThatAreForTheCaller() {
        var error = ClaudeException.ofAnswer(
                429,
                Map.of(
                        "Request-Id",
                        "req_1",
                        "Retry-After",
                        "3",
                        "Anthropic-RateLimit-Requests-Remaining",
                        "0",
                        "X-Should-Retry",
                        "true",
                        "anthropic-organization-id",
                        "org",
                        "Set-Cookie",
                        "c",
                        "x-api-key",
                        "k",
                        "Authorization",
                        "Bearer k",
                        "not-a-request-id",
                        "x"),
                "");

        assertThat(error.headers())
                .isEqualTo(Map.of(
                        "request-id",
                        "req_1",
                        "retry-after",
                        "3",
                        "anthropic-ratelimit-requests-remaining",
                        "0",
                        "x-should-retry",
                        "true"));
    }

    @ParameterizedTest
    @CsvSource({"3, 3000", "0.25, 250", " 2 , 2000"})
    void waitsForSeconds(String value, long milliseconds) {
        assertThat(ClaudeException.ofAnswer(429, Map.of("Retry-After", value), "")
                        .retryAfter())
                .contains(Duration.ofMillis(milliseconds));
    }

    @Test
    void millisecondsWin() {
        assertThat(ClaudeException.ofAnswer(429, Map.of("retry-after", "3", "retry-after-ms", "1500"), "")
                        .retryAfter())
                .contains(Duration.ofMillis(1500));
    }

    @Test
    void readsADateRelativeToTheDateOfTheAnswer() {
        var headers = Map.of("date", "Sat, 21 Nov 2026 09:00:00 GMT", "retry-after", "Sat, 21 Nov 2026 09:00:20 GMT");

        assertThat(ClaudeException.ofAnswer(429, headers, "").retryAfter()).contains(Duration.ofSeconds(20));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-1",
                "soon",
                "",
                "NaN",
                "1e999999999",
                "1e-999999999",
                "99999999999",
                "Sat, 21 Nov 2026 09:00:20 GMT"
            })
    void ignoresAnInvalidWait(String value) {
        assertThat(ClaudeException.ofAnswer(429, Map.of("retry-after", value), "")
                        .retryAfter())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "400,invalid_request_error,false",
        "401,authentication_error,false",
        "402,billing_error,false",
        "403,permission_error,false",
        "404,not_found_error,false",
        "408,invalid_request_error,true",
        "409,conflict_error,true",
        "413,request_too_large,false",
        "422,invalid_request_error,false",
        "429,rate_limit_error,true",
        "500,api_error,true",
        "503,api_error,true",
        "504,timeout_error,true",
        "529,overloaded_error,true",
        "400,overloaded_error,false",
        "500,invalid_request_error,true",
        "400,an_unknown_error,false",
        "500,an_unknown_error,true",
        "503,an_unknown_error,true"
    })
    void theStatusOfAnAnswerDecidesWhetherItMayPass(int status, String type, boolean isRetryable) {
        var error = ClaudeException.ofAnswer(
                status, Map.of(), "{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":\"m\"}}");

        assertThat(error.isRetryable()).isEqualTo(isRetryable);
    }

    @ParameterizedTest
    @CsvSource({
        "400,true,true",
        "529,false,false",
        "429,false,false",
        "400,false,false",
        "529,true,true",
        "400,perhaps,false",
        "529,TRUE,true",
        "529,'',true"
    })
    void xShouldRetryDecidesWhetherItMayPass(int status, String shouldRetry, boolean isRetryable) {
        assertThat(ClaudeException.ofAnswer(status, Map.of("X-Should-Retry", shouldRetry), "")
                        .isRetryable())
                .isEqualTo(isRetryable);
    }

    @Test
    void aSpendLimitDoesNotPass() {
        String body = """
                {"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}}""";

        assertThat(ClaudeException.ofAnswer(429, Map.of(), body).isRetryable()).isFalse();
        assertThat(ClaudeException.ofAnswer(429, Map.of("x-should-retry", "true"), body)
                        .isRetryable())
                .isTrue();
        assertThat(ClaudeException.ofAnswer(429, Map.of(), body.replace("enforced_", "other_"))
                        .isRetryable())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "overloaded_error,true",
        "api_error,true",
        "timeout_error,true",
        "rate_limit_error,true",
        "invalid_request_error,false",
        "permission_error,false",
        "an_unknown_error,false"
    })
    void theTypeDecidesForErrorsOfThisServerAndOfStreams(String type, boolean isRetryable) {
        var event = (StreamEvent.Error)
                StreamEvent.of("error", "{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":\"m\"}}");

        assertThat(ClaudeException.of(new ErrorType(type), "m").isRetryable()).isEqualTo(isRetryable);
        assertThat(event.exception().isRetryable()).isEqualTo(isRetryable);
        assertThat(event.exception()
                        .withRequestId("req_1")
                        .withRetryAfter(Duration.ofSeconds(1))
                        .isRetryable())
                .isEqualTo(isRetryable);
    }

    @Test
    void anErrorEventHasTheFactsOfTheHeaders() {
        var event = (StreamEvent.Error) StreamEvent.of(
                "error", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}");

        var error = event.exception(Map.of("Request-Id", "req_1", "Retry-After", "7", "X-Should-Retry", "false"));

        assertThat(error.status()).isEqualTo(529);
        assertThat(error.requestId()).contains("req_1");
        assertThat(error.retryAfter()).contains(Duration.ofSeconds(7));
        assertThat(error.isRetryable()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "400,invalid_request_error,INVALID",
        "401,authentication_error,INVALID",
        "403,permission_error,INVALID",
        "404,not_found_error,NOT_FOUND",
        "409,conflict_error,INVALID",
        "413,request_too_large,INVALID",
        "415,invalid_request_error,INVALID",
        "429,rate_limit_error,LIMITED",
        "500,api_error,INTERNAL",
        "503,api_error,UNAVAILABLE",
        "504,timeout_error,TIMED_OUT",
        "529,overloaded_error,LIMITED",
        "500,an_unknown_error,INTERNAL"
    })
    void errorsOfThisServerHaveTheKindOfTheirStatusAndErrorsOfClaudeAreRefused(
            int status, String type, ErrorKind kind) {
        var own = ClaudeException.of(status, new ErrorType(type), "m");
        var event = (StreamEvent.Error) StreamEvent.of("error", own.body());

        assertThat(own.kind()).isEqualTo(kind);
        assertThat(ClaudeException.ofAnswer(status, Map.of(), own.body()).kind())
                .isEqualTo(ErrorKind.REFUSED);
        assertThat(ClaudeException.ofAnswer(status, Map.of(), "<html>").kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(event.exception().kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(event.withKind(kind).exception().kind()).isEqualTo(kind);
    }

    @Test
    void theKindIsInvisibleToHttpCallers() {
        var error = ClaudeException.of(ErrorType.API, "m").withRetryAfter(Duration.ofSeconds(3));
        var broken = error.withKind(ErrorKind.BROKEN);

        assertThat(broken.kind()).isEqualTo(ErrorKind.BROKEN);
        assertThat(broken.body()).isEqualTo(error.body());
        assertThat(broken.status()).isEqualTo(500);
        assertThat(broken.retryAfter()).contains(Duration.ofSeconds(3));
        assertThat(broken.isRetryable()).isTrue();
    }

    @Test
    void everyCopyKeepsTheKind() {
        var error = ClaudeException.of(ErrorKind.UNREACHABLE, ErrorType.API, "m")
                .withRequestId("req_1")
                .withRetryAfter(Duration.ofSeconds(1))
                .withoutRetry()
                .withCause(new IllegalStateException());

        assertThat(error.kind()).isEqualTo(ErrorKind.UNREACHABLE);
    }

    @Test
    void aCanceledRequestMayNotPass() {
        assertThat(ClaudeException.of(ErrorKind.CANCELED, ErrorType.API, "m").isRetryable())
                .isFalse();
    }

    @Test
    void isSerializable() throws Exception {
        var bytes = new ByteArrayOutputStream();
        new ObjectOutputStream(bytes)
                .writeObject(ClaudeException.ofAnswer(529, Map.of("request-id", "req_1"), OVERLOADED));
        var copy = (ClaudeException) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();

        assertThat(copy.kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(copy.body()).isEqualTo(OVERLOADED);
        assertThat(copy.type()).isEqualTo(ErrorType.OVERLOADED);
    }
}
