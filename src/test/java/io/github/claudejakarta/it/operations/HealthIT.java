package io.github.claudejakarta.it.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.HealthReport;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The health of a server with Claude available and unavailable, whose callers bring their own keys. */
@ExtendWith(ArquillianExtension.class)
class HealthIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.api-key=",
                FaultTolerance.NO_RETRIES,
                FaultTolerance.key("CircuitBreaker/requestVolumeThreshold=4"),
                FaultTolerance.key("CircuitBreaker/delay=500"),
                FaultTolerance.key("CircuitBreaker/delayUnit=MILLIS"));
    }

    @BeforeAll
    static void startUpstream() {
        upstream = ScriptedUpstream.startForServer();
    }

    @AfterAll
    static void closeUpstream() {
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    @Test
    void reportsThatCallersBringTheirKeys() throws Exception {
        JsonObject ready = check("/health/ready", 200);

        assertThat(ready.getString("upstream")).startsWith("http://127.0.0.1:");
        assertThat(ready.getString("key")).isEqualTo("callers");
        Api.await(
                "the database",
                () -> check("/health/ready", 200).getString("database").equals("open"));
        assertThat(check("/health/started", 200).getString("database")).isEqualTo("open");
        assertThat(check("/health/live", 200).getInt("watchdog-seconds-ago")).isZero();
    }

    @Test
    void reportsAnOpenBreakerAndStaysUp() throws Exception {
        upstream.otherwise(request -> Script.error(500, "api_error", "Scripted"));
        for (int i = 0; i < 5; i++) {
            Api.message();
        }

        JsonObject ready = check("/health/ready", 200);
        assertThat(ready.getString("breaker")).isEqualTo("open");
        assertThat(ready.getString("not-served")).contains("new messages");
        assertThat(check("/health/live", 200)).isNotNull();

        upstream.otherwise(request -> Wire.helloScript());
        Api.await("the breaker's closing", () -> Api.message().statusCode() == 200);
        assertThat(check("/health/ready", 200).getString("breaker")).isEqualTo("closed");
        assertThat(check("/health/ready", 200).getString("not-served")).isEqualTo("nothing");
    }

    /** The data of the health check {@code claude}. */
    static JsonObject check(String path, int status) throws Exception {
        return HealthReport.data(Api.get(path), status);
    }
}
