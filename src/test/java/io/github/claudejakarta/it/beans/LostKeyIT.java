package io.github.claudejakarta.it.beans;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The WAR and an application with the classes jar: a server that had a key and lost it does not answer with the
 * simulator.
 */
@OwnServers
class LostKeyIT {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final Duration START = Duration.ofSeconds(90);

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-lost-key")
            .application("neighbour.war", ClassesJarIT.neighbour())
            .configured("neighbour.xml", "<webApplication location=\"neighbour.war\" contextRoot=\"/neighbour\"/>")
            .configured("json.xml", "<featureManager><feature>jsonb-3.0</feature></featureManager>");

    @Test
    void aServerWithoutItsKeyDoesNotSimulateAnswers() throws Exception {
        // A trial without a key.
        SERVER.start();
        Api.await("both applications", () -> upstreams().size() == 2);
        assertThat(upstreams()).containsExactlyInAnyOrder("simulator", "https://api.anthropic.com");
        String simulated = job();
        Api.await("the simulator's job", () -> status(simulated).equals("succeeded"));
        String batch = batch();
        Api.await("the simulator's batch", () -> isMarked("/v1/batches/" + batch));
        assertThat(isMarked("/v1/jobs/" + simulated)).isTrue();
        Api.await(
                "usage",
                () -> Api.json(get("/v1/usage").body()).getJsonArray("data").stream()
                        .allMatch(row -> row.asJsonObject().getBoolean("simulator", false)));
        assertThat(SERVER.messages())
                .as("the database is read on a thread of our own before the application has started")
                .noneMatch(line -> line.contains("may keep connections"));
        SERVER.stop();

        // In use with a key. No server listens on this port.
        SERVER.with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "in-use").with("CLAUDE_BASE_URL", "http://127.0.0.1:1");
        SERVER.start();
        String waiting = job();
        assertThat(isMarked("/v1/jobs/" + waiting)).isFalse();
        Api.await("the first attempt", () -> shown(waiting).getInt("attempts") == 1);
        Api.await("both applications", () -> upstreams().size() == 2);
        SERVER.stop();

        // The key is missing.
        SERVER.with("CLAUDE_API_KEY", "").with("CLAUDE_BASE_URL", "");
        SERVER.begin();
        Api.await("the server", START, LostKeyIT::answers);
        Api.await(
                "both applications",
                START,
                () -> checks().stream()
                                .filter(check -> check.getString("status").equals("DOWN")
                                        && check.getJsonObject("data")
                                                .getString("key")
                                                .startsWith("lost: No key (claude.api-key) "))
                                .count()
                        == 2);
        assertThat(get("/health/ready").statusCode()).isEqualTo(503);
        assertThat(upstreams()).containsOnly("https://api.anthropic.com");
        assertThat(post("/v1/jobs", "{\"request\":" + Api.body(false) + "}").statusCode())
                .isEqualTo(503);
        assertThat(status(waiting)).isEqualTo("queued");
        assertThat(shown(waiting).get("message")).isEqualTo(JsonValue.NULL);
        assertThat(status(simulated)).isEqualTo("succeeded");
        assertThat(isMarked("/v1/jobs/" + simulated)).isTrue();
        assertThat(isMarked("/v1/batches/" + batch)).isTrue();
        assertThat(SERVER.messages())
                .anyMatch(line -> line.contains("No key (claude.api-key) and no base URL are configured")
                        && line.contains("jobs and batches wait"));
    }

    private static boolean answers() throws Exception {
        try {
            return get("/health/ready").statusCode() == 503;
        } catch (IOException e) {
            return false;
        }
    }

    private static String job() throws Exception {
        HttpResponse<String> response = post("/v1/jobs", "{\"request\":" + Api.body(false) + "}");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
        return Api.json(response.body()).getString("id");
    }

    private static String batch() throws Exception {
        HttpResponse<String> response = post(
                "/v1/batches",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":" + Api.body("sim:batch_us=1000 events=1") + "}]}");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
        return Api.json(response.body()).getString("id");
    }

    /** Returns whether the simulator mark is present. The mark is present only if the simulator answered. */
    private static boolean isMarked(String path) throws Exception {
        return Api.json(get(path).body()).getBoolean("simulator", false);
    }

    private static JsonObject shown(String job) throws Exception {
        return Api.json(get("/v1/jobs/" + job).body());
    }

    private static String status(String job) throws Exception {
        return shown(job).getString("status");
    }

    private static List<JsonObject> checks() throws Exception {
        return Api.json(get("/health/ready").body()).getJsonArray("checks").stream()
                .map(JsonValue::asJsonObject)
                .filter(check -> check.getString("name").equals("claude"))
                .toList();
    }

    private static List<String> upstreams() throws Exception {
        return checks().stream()
                .map(check -> check.getJsonObject("data").getString("upstream"))
                .toList();
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return HTTP.send(request(path).build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String path, String body) throws Exception {
        return HTTP.send(
                request(path)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(SERVER.uri() + path)).timeout(Duration.ofSeconds(30));
    }
}
