package io.github.claudejakarta.it.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are retried before the first event, and requests that are not: counted at the upstream. */
@ExtendWith(ArquillianExtension.class)
class FaultToleranceIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                FaultTolerance.NO_BREAKER, "claude.read-timeout=PT1S", "claude.request-timeout=PT1S");
    }

    @BeforeAll
    static void startUpstream() throws Exception {
        upstream = ScriptedUpstream.startForServer();
        Api.warmUp(upstream);
    }

    @AfterAll
    static void closeUpstream() {
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 409, 429, 500, 502, 503, 504, 529})
    void retriesTemporaryErrors(int status) throws Exception {
        for (var isStreamed : new boolean[] {true, false}) {
            upstream.answer(failing(status), failing(status), isStreamed ? Wire.helloScript() : Wire.messageScript());

            var response = Api.post("/v1/messages", Api.body(isStreamed));

            assertThat(response.statusCode()).as(response::body).isEqualTo(200);
            assertThat(response.body()).isEqualTo(isStreamed ? Wire.hello() : Wire.MESSAGE);
            assertThat(upstream.requests()).hasSize(3);
            assertThat(upstream.requests()).extracting(ReceivedRequest::text).containsOnly(Api.body(isStreamed));
            upstream.forget();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 402, 403, 404, 413, 422})
    void doesNotRetryOtherErrors(int status) throws Exception {
        upstream.otherwise(request -> failing(status));

        assertThat(Api.message().statusCode()).isEqualTo(status);
        assertThat(Api.post("/v1/messages", Api.body(false)).statusCode()).isEqualTo(status);
        assertThat(upstream.requests()).hasSize(2);
    }

    @Test
    void returnsTheLastErrorAfterTwoRetries() throws Exception {
        upstream.answer(
                failing(500), failing(503), Script.error(529, "overloaded_error", "Overloaded", "retry-after: 3"));

        var response = Api.message();

        assertThat(response.statusCode()).isEqualTo(529);
        assertThat(response.body()).isEqualTo(Script.errorBody("overloaded_error", "Overloaded"));
        assertThat(response.headers().firstValue("retry-after")).contains("3");
        assertThat(upstream.requests()).hasSize(3);
    }

    @Test
    void retriesOtherPaths() throws Exception {
        upstream.answer(
                failing(529),
                Script.json(200, "{\"input_tokens\":3}"),
                failing(529),
                Script.json(200, "{\"data\":[]}"));

        assertThat(Api.post("/v1/messages/count_tokens", Api.body(false)).body())
                .isEqualTo("{\"input_tokens\":3}");
        assertThat(Api.get("/v1/models?limit=3").body()).isEqualTo("{\"data\":[]}");
        assertThat(upstream.requests())
                .extracting(ReceivedRequest::target)
                .containsExactly(
                        "/v1/messages/count_tokens",
                        "/v1/messages/count_tokens",
                        "/v1/models?limit=3",
                        "/v1/models?limit=3");
    }

    @Test
    void retriesDetachedStreams() throws Exception {
        upstream.answer(failing(529), Wire.helloScript());

        assertThat(Api.endedStream(Api.startStream()).getString("status")).isEqualTo("completed");
        assertThat(upstream.requests()).hasSize(2);
    }

    @Test
    void retriesAfterAnErrorThatIsTheFirstEvent() throws Exception {
        upstream.answer(
                Script.sseHead().event("error", Script.errorBody("overloaded_error", "Overloaded")),
                Script.sseHead().write(Wire.PING).event("error", Script.errorBody("api_error", "Oops")),
                Wire.helloScript());

        assertThat(Api.message().body()).isEqualTo(Wire.hello());
        assertThat(upstream.requests()).hasSize(3);
    }

    @Test
    void retriesAnErrorWithStatus200ByItsType() throws Exception {
        var overloaded = Script.json(200, Script.errorBody("overloaded_error", "Overloaded"));
        upstream.answer(overloaded, overloaded, Wire.helloScript());
        assertThat(Api.message().body()).isEqualTo(Wire.hello());
        assertThat(upstream.requests()).hasSize(3);
        upstream.forget();

        upstream.answer(overloaded, Wire.messageScript());
        assertThat(Api.post("/v1/messages", Api.body(false)).body()).isEqualTo(Wire.MESSAGE);
        assertThat(upstream.requests())
                .extracting(ReceivedRequest::text)
                .containsExactly(Api.body(false), Api.body(false));
        upstream.forget();

        upstream.answer(Script.json(200, Script.errorBody("invalid_request_error", "No")), Wire.helloScript());
        assertThat(Api.message().statusCode()).isEqualTo(400);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void neverRetriesARedirect() throws Exception {
        upstream.otherwise(request -> Script.json(302, "{}", "location: /elsewhere"));

        Api.assertError(Api.message(), 500, "api_error");
        Api.assertError(Api.post("/v1/messages", Api.body(false)), 500, "api_error");

        assertThat(upstream.requests()).hasSize(2);
    }

    @Test
    void neverRetriesAResponseThatCannotBeDecoded() throws Exception {
        for (String coding : new String[] {"br", "gzip"}) {
            upstream.forget();
            upstream.answer(Script.sseHead("content-encoding: " + coding).write("x"), Wire.helloScript());

            Api.assertError(Api.message(), 500, "api_error");

            assertThat(upstream.requests()).hasSize(1);
        }
    }

    @Test
    void neverRetriesAfterAMessageInsteadOfEvents() throws Exception {
        upstream.answer(Wire.messageScript(), Wire.helloScript());

        Api.assertError(Api.message(), 500, "api_error");

        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void doesNotRetryAfterARejectionThatIsTheFirstEvent() throws Exception {
        upstream.answer(
                Script.sseHead().event("error", Script.errorBody("invalid_request_error", "No")), Wire.helloScript());

        assertThat(Api.message().statusCode()).isEqualTo(400);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void neverRetriesAfterTheFirstEvent() throws Exception {
        upstream.answer(
                Wire.begun().event("error", Script.errorBody("overloaded_error", "Overloaded")), Wire.helloScript());

        assertThat(Api.message().body()).contains("Hel").contains("event: error");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void neverRetriesAfterAnInterruptedStream() throws Exception {
        upstream.answer(Wire.begun().cut(), Wire.helloScript());

        assertThat(Api.message().body()).contains("Hel").contains("event: error");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void retriesWhenTheConnectionFails() throws Exception {
        upstream.answer(Script.nothing().cut(), Script.nothing().reset(), Wire.helloScript());

        assertThat(Api.message().body()).isEqualTo(Wire.hello());
        assertThat(upstream.requests()).hasSize(3);
    }

    @Test
    void xShouldRetryTakesPrecedence() throws Exception {
        upstream.answer(
                Script.error(400, "invalid_request_error", "Retry", "x-should-retry: true"), Wire.helloScript());
        assertThat(Api.message().body()).isEqualTo(Wire.hello());
        assertThat(upstream.requests()).hasSize(2);
        upstream.forget();

        upstream.answer(
                Script.error(529, "overloaded_error", "Not again", "x-should-retry: false"), Wire.helloScript());
        assertThat(Api.message().statusCode()).isEqualTo(529);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void doesNotRetryAtTheSpendLimit() throws Exception {
        upstream.answer(
                Script.json(
                        429,
                        "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"Limit\","
                                + "\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}},\"request_id\":\"req_1\"}"),
                Wire.helloScript());

        assertThat(Api.message().statusCode()).isEqualTo(429);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void doesNotRetryAMessageThatTimedOut() throws Exception {
        upstream.answer(Script.nothing().stall(), Wire.helloScript());
        Api.assertError(Api.message(), 504, "timeout_error");
        assertThat(upstream.requests()).hasSize(1);
        upstream.forget();

        upstream.answer(Script.nothing().stall(), Wire.messageScript());
        Api.assertError(Api.post("/v1/messages", Api.body(false)), 504, "timeout_error");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void waitsForTheTimeThatClaudeRequests() throws Exception {
        assertThat(waitAfter("retry-after: 2")).isBetween(Duration.ofMillis(1900), Duration.ofSeconds(10));
        assertThat(waitAfter("retry-after-ms: 1200")).isBetween(Duration.ofMillis(1100), Duration.ofSeconds(10));
        // Milliseconds take precedence. Otherwise the wait would be 20 s.
        assertThat(waitAfter("retry-after-ms: 10", "retry-after: 20")).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void waitsBrieflyByDefault() throws Exception {
        assertThat(waitAfter()).isBetween(Duration.ofMillis(350), Duration.ofSeconds(10));
    }

    /** The time between the failure and the next request. */
    private static Duration waitAfter(String... headers) throws Exception {
        upstream.forget();
        var times = new ArrayList<Instant>();
        upstream.otherwise(request -> {
            times.add(Instant.now());
            return times.size() == 1 ? Script.error(429, "rate_limit_error", "Later", headers) : Wire.helloScript();
        });
        assertThat(Api.message().body()).isEqualTo(Wire.hello());
        assertThat(times).hasSize(2);
        return Duration.between(times.get(0), times.get(1));
    }

    private static Script failing(int status) {
        return Script.error(status, "api_error", "Scripted " + status, "retry-after-ms: 1");
    }
}
