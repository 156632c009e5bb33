package io.github.claudejakarta.it.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.HealthReport;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerProcess;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server without its database and without Fault Tolerance: it reports both, is up, and serves requests that need
 * neither. It uses the simulator, which it reports too.
 */
@OwnServers
class NoDatabaseIT {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final String UNSHOWN = "a-value-that-no-log-shows";

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-no-database")
            .without("mpFaultTolerance-4.1")
            .with("CLAUDE_UPSTREAM", "simulator")
            .with("CLAUDE_CLIENTS_TELLER_REQUEST_PER_MINUTE", UNSHOWN)
            .with("CLAUDE_CODE_ENTRYPOINT", UNSHOWN)
            .with("CLAUDE_DATABASE_URL", "jdbc:h2:tcp://127.0.0.1:1/nowhere");

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
        // A server is ready for messages before its first attempt to open the database has failed.
        Api.await(
                "the first attempt to open the database",
                () -> get("/health/started").statusCode() == 200);
    }

    @Test
    void isUpAndReportsWhatIsMissing() throws Exception {
        var started = HealthReport.data(get("/health/started"), 200);
        var ready = HealthReport.data(get("/health/ready"), 200);

        assertThat(started.getString("database")).isEqualTo("away");
        assertThat(ready.getString("upstream")).isEqualTo("simulator");
        assertThat(ready.getString("key")).isEqualTo("none needed");
        assertThat(ready.getString("database")).isEqualTo("away");
        assertThat(ready.getString("not-served")).contains("batches, jobs, usage");
        HealthReport.data(get("/health/live"), 200);
    }

    @Test
    void warnsOfAMisspeltKeyAndNotOfKeysOfOtherPrograms() throws Exception {
        assertThat(SERVER.log())
                .contains("Unknown configuration key CLAUDE_CLIENTS_TELLER_REQUEST_PER_MINUTE (")
                .contains("has no effect. Did you mean CLAUDE_CLIENTS_TELLER_REQUESTS_PER_MINUTE?")
                .doesNotContain(UNSHOWN);
        assertThat(SERVER.log().lines().filter(line -> line.contains("Unknown configuration key")))
                .allMatch(line -> line.contains("CLAUDE_CLIENTS_TELLER_REQUEST_PER_MINUTE"));
    }

    /** Not the exception that Fault Tolerance uses for its decision, which would be a 500. */
    @Test
    void reportsThatNothingIsRetriedAndReturnsClaudesErrors() throws Exception {
        HttpResponse<String> refused = post("/v1/messages", Api.body(true).replace(Api.PROMPT, "sim:status=529"));

        assertThat(refused.statusCode()).isEqualTo(529);
        assertThat(refused.body()).contains("overloaded_error");
        assertThat(HealthReport.data(get("/health/ready"), 200).getString("breaker"))
                .isEqualTo("absent");
        assertThat(SERVER.messages().stream().filter(line -> line.contains("The server lacks")))
                .singleElement()
                .asString()
                .contains(" W ")
                .contains("mpFaultTolerance-4.1")
                .contains("without retries");
    }

    @Test
    void servesRequestsThatNeedNoDatabase() throws Exception {
        assertThat(post("/v1/messages", Api.body(true)).body()).contains("message_stop");
        assertThat(post("/v1/jobs", "{\"request\":" + Api.body(false) + "}").statusCode())
                .isEqualTo(503);
        assertThat(get("/v1/usage").statusCode()).isEqualTo(503);
        assertThat(get("/v1/batches").statusCode()).isEqualTo(503);
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(SERVER.uri().resolve(path))
                        .timeout(Duration.ofSeconds(30))
                        .build(),
                BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String path, String body) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(SERVER.uri().resolve(path))
                        .timeout(Duration.ofSeconds(30))
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }
}
