package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.upstream.Script;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors and truncated answers, as a transport reports them. */
class TransportErrorTest extends ScriptedTransport {

    @ParameterizedTest
    @CsvSource({
        "invalid_request_error,400",
        "authentication_error,401",
        "not_found_error,404",
        "rate_limit_error,429",
        "api_error,500",
        "timeout_error,504",
        "overloaded_error,529",
        "future_error,500"
    })
    void aJsonErrorWithStatus200HasTheStatusOfItsType(String type, int status) {
        for (String contentType : List.of("application/json", "text/event-stream", "text/html")) {
            for (var call : List.of(
                    stream(),
                    new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))),
                    new ClaudeCall(ClaudeRequest.countTokens(RequestBody.of(BODY))),
                    new ClaudeCall(ClaudeRequest.models()),
                    new ClaudeCall(ClaudeRequest.batchResults("x")))) {
                upstream.answer(Script.chunked(
                                200, "content-type: " + contentType, "request-id: req_scripted", "retry-after: 7")
                        .write(Script.errorBody(type, "No")));

                var failure = failure(call);

                assertThat(failure.failure().status()).isEqualTo(status);
                assertThat(failure.failure().type().value()).isEqualTo(type);
                assertThat(failure.failure().errorMessage()).isEqualTo("No");
                assertThat(failure.failure().body()).isEqualTo(Script.errorBody(type, "No"));
                assertThat(failure.failure().retryAfter()).contains(Duration.ofSeconds(7));
                assertThat(failure.failure().requestId()).contains("req_scripted");
                assertThat(failure)
                        .isInstanceOf(
                                type.startsWith("future")
                                        ? AttemptFailure.Outage.class
                                        : status == 409 || status == 429
                                                ? AttemptFailure.TransientRefusal.class
                                                : status >= 500
                                                        ? AttemptFailure.TransientOutage.class
                                                        : AttemptFailure.Refusal.class);
            }
        }
    }

    @Test
    void anErrorWithStatus200IsRetried() throws Exception {
        upstream.answer(Script.json(200, Script.errorBody("overloaded_error", "No")), Script.json(200, "{}"));
        var transport = transport();
        var call = new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY)));

        assertThat(catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call)))
                .isNotNull();
        transport.attempt(call);

        upstream.takeRequest();
        assertThat(upstream.takeRequest().body()).isEqualTo(BODY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"error\",\"message\":\"No\"}",
                "{\"type\":\"error\",\"error\":{\"message\":\"No\"}}",
                "{\"error\":{\"message\":\"No\"}}",
                "{\"type\":\"error\",\"error\":\"No\"}"
            })
    void anErrorWithoutATypeIsAnApiError(String body) {
        upstream.answer(Script.json(200, body));

        assertThat(failure(stream()).failure())
                .returns(500, ClaudeException::status)
                .returns("No", ClaudeException::errorMessage);
    }

    @Test
    void anErrorWithStatus200MayHaveTheMarkOfASimulator() {
        upstream.answer(Script.json(200, "\uFEFF\n" + Script.errorBody("not_found_error", "No")));

        assertThat(failure(new ClaudeCall(ClaudeRequest.model("x"))).failure())
                .returns(404, ClaudeException::status)
                .returns("No", ClaudeException::errorMessage);
    }

    @Test
    void anErrorMayHaveTheMarkOfASimulator() {
        upstream.answer(Script.json(404, "\uFEFF" + Script.errorBody("not_found_error", "No")));

        assertThat(failure(new ClaudeCall(ClaudeRequest.model("x"))).failure())
                .returns("No", ClaudeException::errorMessage)
                .returns(Script.errorBody("not_found_error", "No"), ClaudeException::body);
    }

    @Test
    void anErrorWithStatus200HasASizeLimit() {
        upstream.answer(
                Script.chunked(200).write("{\"type\":\"error\",\"error\":{\"message\":\"" + "x".repeat(2 << 20)));

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.Outage.class).hasMessageContaining("longer than");
    }

    @ParameterizedTest
    @CsvSource({
        "invalid_request_error,400",
        "authentication_error,401",
        "billing_error,402",
        "permission_error,403",
        "not_found_error,404",
        "conflict_error,409",
        "request_too_large,413",
        "rate_limit_error,429",
        "api_error,500",
        "timeout_error,504",
        "overloaded_error,529",
        "future_error,500"
    })
    void aFirstErrorEventHasTheStatusOfItsType(String type, int status) {
        upstream.answer(Script.sseHead("retry-after: 7").event("error", Script.errorBody(type, "No")));

        var failure = failure(stream());

        assertThat(failure.failure().status()).isEqualTo(status);
        assertThat(failure.failure().type().value()).isEqualTo(type);
        assertThat(failure.failure().errorMessage()).isEqualTo("No");
        assertThat(failure.failure().retryAfter()).contains(Duration.ofSeconds(7));
        assertThat(failure.failure().requestId()).contains("req_scripted");
        assertThat(failure)
                .isInstanceOf(
                        type.startsWith("future")
                                ? AttemptFailure.Outage.class
                                : status == 409 || status == 429
                                        ? AttemptFailure.TransientRefusal.class
                                        : status >= 500
                                                ? AttemptFailure.TransientOutage.class
                                                : AttemptFailure.Refusal.class);
    }

    @Test
    void anErrorAfterPingsCountsAsFirst() {
        upstream.answer(
                Script.sseHead().event("ping", "{}").event("error", Script.errorBody("overloaded_error", "No")));

        assertThat(failure(stream()).failure().status()).isEqualTo(529);
    }

    @Test
    void aFirstErrorEventIsRetried() throws Exception {
        upstream.answer(
                Script.sseHead().event("error", Script.errorBody("overloaded_error", "No")),
                Script.sse(Sse.bytes(STOP)));
        var transport = transport();
        var call = stream();

        assertThat(catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call)))
                .isNotNull();
        transport.attempt(call);

        upstream.takeRequest();
        assertThat(upstream.takeRequest().body()).isEqualTo(BODY);
    }

    @Test
    void anErrorAfterTheFirstEventIsAnEvent() {
        upstream.answer(Script.sseHead()
                .event("message_start", "{}")
                .event("error", Script.errorBody("overloaded_error", "No")));

        assertThat(names(transport().attempt(stream()).asEvents().events())).containsExactly("message_start", "error");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ": nothing\n\n", "event: ping\ndata: {}\n\n", "event: message_start\ndata: {", "<html>"})
    void anEndBeforeTheFirstEventIsAnOutage(String body) {
        upstream.answer(Script.sse(Sse.bytes(body)));

        var failure = failure(stream());

        assertThat(failure).isInstanceOf(AttemptFailure.TransientOutage.class);
        assertThat(failure.failure().errorMessage()).contains("before its first event");
    }

    @Test
    void aCutBeforeTheFirstEventIsAnOutage() {
        upstream.answer(Script.sseHead().cut());

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.TransientOutage.class);
    }

    @Test
    void aCutBeforeTheHeadIsAnOutage() {
        upstream.answer(Script.nothing().cut());

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.TransientOutage.class);
    }

    @Test
    void anInvalidHeadIsAnOutage() {
        upstream.answer(Script.nothing().raw("garbage\r\n\r\n").cut());

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.TransientOutage.class);
    }

    @Test
    void aTruncatedAnswerIsAnOutageAndNotRepeated() {
        upstream.answer(Script.sized(100, 200, "content-type: application/json")
                .write("{")
                .cut());

        assertThat(failure(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY)))))
                .isInstanceOf(AttemptFailure.Outage.class);
    }

    @ParameterizedTest
    @CsvSource({
        "400,Refusal",
        "401,Refusal",
        "403,Refusal",
        "404,Refusal",
        "413,Refusal",
        "408,TransientRefusal",
        "409,TransientRefusal",
        "429,TransientRefusal",
        "500,TransientOutage",
        "502,TransientOutage",
        "503,TransientOutage",
        "529,TransientOutage"
    })
    void anErrorKeepsItsBodyAndIsClassified(int status, String kind) {
        String body =
                "{ \"type\":\"error\", \"error\": {\"type\":\"some_error\",\"message\":\"No\",\"details\":{\"n\":1.0}} }";
        upstream.answer(Script.json(status, body, "anthropic-ratelimit-tokens-limit: 9", "set-cookie: a=b"));

        var failure = failure(stream());

        assertThat(failure.getClass().getSimpleName()).isEqualTo(kind);
        assertThat(failure.failure().status()).isEqualTo(status);
        assertThat(failure.failure().body()).isEqualTo(body);
        assertThat(failure.failure().headers())
                .containsOnly(
                        Map.entry("anthropic-ratelimit-tokens-limit", "9"), Map.entry("request-id", "req_scripted"));
    }

    @Test
    void aPageOfAProxyBecomesAnErrorOfItsStatus() {
        upstream.answer(Script.sized(6, 502, "content-type: text/html").write("<html>"));

        assertThat(failure(stream()).failure().body())
                .contains("\"api_error\"", "HTTP status 502")
                .doesNotContain("html>");
    }

    @ParameterizedTest
    @CsvSource({
        "400,true,TransientRefusal",
        "400,false,Refusal",
        "429,false,Refusal",
        "500,false,Outage",
        "529,true,TransientOutage",
        "500,maybe,TransientOutage"
    })
    void xShouldRetryWins(int status, String advice, String kind) {
        upstream.answer(Script.error(status, "x", "y", "x-should-retry: " + advice));

        assertThat(failure(stream()).getClass().getSimpleName()).isEqualTo(kind);
    }

    @Test
    void aSpendLimitIsNotRetried() {
        upstream.answer(Script.json(
                429,
                "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"x\","
                        + "\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}"));

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.Refusal.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "retry-after: 3|3000",
                "retry-after: 0.25|250",
                "retry-after-ms: 40|40",
                "retry-after: Wed, 21 Oct 2026 07:28:05 GMT|5000"
            })
    void readsEveryFormOfRetryAfter(String header, long millis) {
        upstream.answer(Script.error(429, "rate_limit_error", "x", header, "date: Wed, 21 Oct 2026 07:28:00 GMT"));

        assertThat(failure(stream()).failure().retryAfter()).contains(Duration.ofMillis(millis));
    }

    @Test
    void retryAfterInMillisecondsWins() {
        upstream.answer(Script.error(429, "rate_limit_error", "x", "retry-after: 3", "retry-after-ms: 40"));

        assertThat(failure(stream()).failure().retryAfter()).contains(Duration.ofMillis(40));
    }
}
