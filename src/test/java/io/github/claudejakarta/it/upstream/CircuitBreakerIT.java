package io.github.claudejakarta.it.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Fault tolerance by its own configuration keys: no retries, a small circuit breaker, and a pool of one connection. */
@ExtendWith(ArquillianExtension.class)
class CircuitBreakerIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                FaultTolerance.NO_RETRIES,
                FaultTolerance.key("CircuitBreaker/requestVolumeThreshold=4"),
                FaultTolerance.key("CircuitBreaker/delay=2"),
                FaultTolerance.key("CircuitBreaker/delayUnit=SECONDS"),
                "claude.pool.max-connections=1",
                "claude.lease-timeout=PT0.3S");
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

    /** Four successes in a row close the breaker or keep it closed, and remove earlier results from its window. */
    @BeforeEach
    void close() throws Exception {
        upstream.otherwise(request -> Wire.helloScript());
        Api.await("the breaker's closing", () -> Api.message().statusCode() == 200);
        for (int i = 0; i < 4; i++) {
            assertThat(Api.message().body()).isEqualTo(Wire.hello());
        }
        upstream.forget();
    }

    @Test
    void theStandardKeyDisablesRetries() throws Exception {
        upstream.answer(Script.error(529, "overloaded_error", "Overloaded"), Wire.helloScript());

        assertThat(Api.message().statusCode()).isEqualTo(529);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void opensAfterFailuresAndClosesAgain() throws Exception {
        upstream.otherwise(request -> Script.error(500, "api_error", "Scripted"));
        for (int i = 0; i < 4; i++) {
            Api.message();
        }
        upstream.forget();
        upstream.otherwise(request -> Wire.helloScript());

        for (var isStreamed : new boolean[] {true, false}) {
            var refused = Api.post("/v1/messages", Api.body(isStreamed));
            Api.assertError(refused, 529, "overloaded_error");
            assertThat(Integer.parseInt(
                            refused.headers().firstValue("retry-after").orElseThrow()))
                    .isBetween(1, 60);
        }
        assertThat(upstream.requests()).isEmpty();
        Api.await("the breaker's closing", () -> Api.message().statusCode() == 200);
    }

    @Test
    void aStreamReportsAnOpenBreaker() throws Exception {
        upstream.otherwise(request -> Script.error(503, "api_error", "Scripted"));
        for (int i = 0; i < 4; i++) {
            Api.message();
        }
        upstream.forget();

        var stream = Api.endedStream(Api.startStream());

        assertThat(stream.getString("status")).isEqualTo("failed");
        assertThat(stream.getJsonObject("error").getString("type")).isEqualTo("overloaded_error");
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void countsConnectionFailures() throws Exception {
        upstream.otherwise(request -> Script.nothing().cut());
        for (int i = 0; i < 4; i++) {
            Api.message();
        }
        upstream.forget();

        Api.assertError(Api.message(), 529, "overloaded_error");
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void doesNotCountErrorsOfTheCaller() throws Exception {
        for (int status : new int[] {400, 401, 403, 404, 429}) {
            upstream.otherwise(request -> Script.error(status, "invalid_request_error", "Scripted"));
            for (int i = 0; i < 5; i++) {
                assertThat(Api.message().statusCode()).isEqualTo(status);
            }
        }
        assertThat(upstream.requests()).hasSize(25);
    }

    @Test
    void reportsThatAllConnectionsAreInUse() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        try (var client = RawClient.connect().message()) {
            client.readUntil("Hel");

            var refused = Api.post("/v1/messages", Api.body(false));

            Api.assertError(refused, 529, "overloaded_error");
            assertThat(refused.headers().firstValue("retry-after")).isPresent();
            assertThat(upstream.requests()).hasSize(1);
            barrier.release();
            assertThat(client.readUntil("\r\n0\r\n\r\n")).contains("message_stop");
        }
    }

    @Test
    void reusesItsOnlyConnection() throws Exception {
        upstream.otherwise(request -> Wire.helloScript());
        for (int i = 0; i < 10; i++) {
            assertThat(Api.message().body()).isEqualTo(Wire.hello());
        }

        assertThat(upstream.requests())
                .extracting(ReceivedRequest::connection)
                .containsOnly(upstream.requests().get(0).connection());
    }
}
