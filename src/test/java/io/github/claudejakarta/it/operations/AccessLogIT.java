package io.github.claudejakarta.it.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The log line of each request, here as JSON. */
@ExtendWith(ArquillianExtension.class)
class AccessLogIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final String KEY = ServerLog.KEY_MARK + "log-teller";

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.log.format=json",
                "claude.clients.teller.key-sha256=" + ClientKey.sha256(KEY),
                FaultTolerance.NO_BREAKER);
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
    void ofAStream() throws Exception {
        upstream.answer(Script.error(529, "overloaded_error", "Overloaded", "retry-after-ms: 1"), Wire.helloScript());

        HttpResponse<String> response = Api.message("x-api-key", KEY);

        String id = Api.streamId(response);
        JsonObject line = line("\"stream_id\":\"" + id + "\"");
        assertThat(line.getString("method")).isEqualTo("POST");
        assertThat(line.getString("path")).isEqualTo("/v1/messages");
        assertThat(line.getInt("status")).isEqualTo(200);
        assertThat(line.getInt("duration_ms")).isNotNegative();
        assertThat(line.getString("caller")).isEqualTo("teller");
        assertThat(line.getString("request_id")).isEqualTo("req_scripted");
        assertThat(line.getString("upstream_request_id")).isEqualTo("req_scripted");
        assertThat(line.getInt("attempts")).isEqualTo(2);
        assertThat(line.getString("model")).isEqualTo("claude-opus-5-5");
        assertThat(line.getInt("input_tokens")).isEqualTo(3);
        assertThat(line.getInt("output_tokens")).isEqualTo(5);
        assertThat(line.getString("stop_reason")).isEqualTo("end_turn");
        assertThat(line.getInt("first_token_ms")).isNotNegative();
        assertThat(line).doesNotContainKey("error");
    }

    @Test
    void ofAMessageThatIsNotStreamed() throws Exception {
        upstream.answer(Script.json(200, Wire.MESSAGE.replace("end_turn", "max_tokens")));

        Api.post("/v1/messages?not-told=" + Api.PROMPT, Api.body(false), "x-api-key", KEY);

        JsonObject line = line("\"stop_reason\":\"max_tokens\"");
        assertThat(line.getInt("output_tokens")).isEqualTo(5);
        assertThat(line.getString("path")).isEqualTo("/v1/messages");
        assertThat(line).doesNotContainKey("first_token_ms").doesNotContainKey("stream_id");
    }

    @Test
    void ofAnErrorOfClaude() throws Exception {
        upstream.answer(Script.error(403, "permission_error", "no"));

        Api.post("/v1/messages", Api.body(false), "x-api-key", KEY);

        assertThat(line("\"status\":403").getString("error")).isEqualTo("permission_error");
    }

    @Test
    void ofARejectedRequest() throws Exception {
        HttpResponse<String> response = Api.post("/v1/messages", Api.body(false), "x-api-key", "wrong");

        JsonObject line = line(response.headers().firstValue("request-id").orElseThrow());
        assertThat(line.getInt("status")).isEqualTo(401);
        assertThat(line.getString("error")).isEqualTo("authentication_error");
        assertThat(line).doesNotContainKey("caller").doesNotContainKey("attempts");
    }

    @Test
    void ofAClientThatLeaves() throws Exception {
        upstream.answer(Wire.begun().drip(Wire.text("more").repeat(500), Duration.ofMillis(20)));

        try (RawClient client =
                RawClient.connect().request("POST", "/v1/messages", Api.body(true), "x-api-key: " + KEY)) {
            client.readUntil("Hel");
        }

        assertThat(line("\"error\":\"canceled\"").getInt("input_tokens")).isEqualTo(3);
    }

    @Test
    void ofAStreamThatIsStartedAndOneThatIsWatched() throws Exception {
        upstream.answer(Wire.helloScript());
        String id = Api.startStream("x-api-key", KEY);
        Api.get("/v1/streams/" + id, "accept", "text/event-stream", "x-api-key", KEY);

        assertThat(line("\"created_id\":\"" + id + "\"").getInt("status")).isEqualTo(201);
        JsonObject watching = line("\"path\":\"/v1/streams/" + id + "\"");
        assertThat(watching.getString("caller")).isEqualTo("teller");
        assertThat(watching.getInt("status")).isEqualTo(200);
        assertThat(watching).doesNotContainKey("error");
    }

    @Test
    void ofReadingRequests() throws Exception {
        HttpResponse<String> response = Api.get("/v1/streams?limit=1", "x-api-key", KEY);

        JsonObject line = line(response.headers().firstValue("request-id").orElseThrow());
        assertThat(line.getInt("status")).isEqualTo(200);
        assertThat(line).doesNotContainKey("created_id").doesNotContainKey("error");
    }

    @Test
    void ofUnknownPaths() throws Exception {
        Api.get("/v1/nothing/here", "x-api-key", KEY);

        assertThat(line("/v1/nothing/here").getInt("status")).isEqualTo(404);
    }

    /** The only line that contains all of these parts. */
    private static JsonObject line(String... parts) throws Exception {
        Api.await("a line", () -> lines(parts) == 1);
        String text = LOG.text()
                .lines()
                .filter(line -> isOurs(line, parts))
                .findFirst()
                .orElseThrow();
        return Api.json(text.substring(text.indexOf("{\"method\"")));
    }

    private static long lines(String... parts) throws Exception {
        return LOG.text().lines().filter(line -> isOurs(line, parts)).count();
    }

    private static boolean isOurs(String line, String... parts) {
        for (String part : parts) {
            if (!line.contains(part)) {
                return false;
            }
        }
        return line.contains("{\"method\"");
    }
}
