package io.github.claudejakarta.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The runnable server of {@code mvn package -P server}, started as users start it. Run by that profile. */
@OwnServers
class PackagedServerCheck {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Path JAR = Path.of("target", "claude-jakarta-server.jar").toAbsolutePath();
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ScriptedUpstream UPSTREAM = ScriptedUpstream.start();

    @TempDir
    static Path output;

    private final int port = ServerProcess.freePort();
    private Process server;

    @AfterAll
    static void close() {
        UPSTREAM.close();
    }

    @AfterEach
    void end() throws InterruptedException {
        if (server != null) {
            server.descendants().forEach(ProcessHandle::destroyForcibly);
            server.destroyForcibly().waitFor();
        }
    }

    /** Of a server that was run where it was built, there are a database, keys and logs. */
    @Test
    void hasNothingOfWhoeverBuiltIt() throws Exception {
        try (var jar = new ZipFile(JAR.toFile())) {
            assertThat(jar.stream().map(ZipEntry::getName).filter(name -> name.startsWith("wlp/usr/")))
                .contains("wlp/usr/servers/claude/apps/claude-jakarta.war")
                .noneMatch(name -> name.matches(".*/(data|logs|tranlog|resources/security)/.+|.*[.](db|p12|log)"));
        }
    }

    @Test
    void asksClaudeAndNoSimulator() throws Exception {
        start(Map.of());

        JsonObject ready = HealthIT.data(get("/health/ready"), 200);

        assertThat(ready.getString("upstream")).isEqualTo("https://api.anthropic.com");
        assertThat(ready.getString("key")).isEqualTo("callers");
    }

    @Test
    void servesEndsWhenItIsToldToAndKeepsItsData() throws Exception {
        UPSTREAM.otherwise(request -> request.text().contains("\"stream\":true") ? Wire.helloScript() : Wire.messageScript());
        Map<String, String> environment = Map.of("CLAUDE_BASE_URL", UPSTREAM.url().toString(), "CLAUDE_API_KEY", ServerLog.KEY_MARK + "packaged");

        start(environment);
        assertThat(post("/v1/messages", Api.body(true)).body()).contains("message_stop");
        String job = Api.json(post("/v1/jobs", "{\"request\":" + Api.body(false) + "}").body()).getString("id");
        server.destroy();
        assertThat(server.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("it ends when it is told to").isTrue();

        start(environment);
        assertThat(get("/v1/jobs/" + job).statusCode()).isEqualTo(200);
        Api.await("usage of before", () -> Api.json(get("/v1/usage").body()).getJsonObject("total").getInt("requests") >= 1);
    }

    private void start(Map<String, String> environment) throws Exception {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", JAR.toString())
            .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(Path.of("target", "packaged-server.log").toFile()));
        builder.environment().keySet().removeIf(variable -> variable.matches("(?i)(claude|anthropic|http|https|mp|wlp)_.*"));
        builder.environment().putAll(environment);
        builder.environment().putAll(Map.of("WLP_OUTPUT_DIR", output.toString(), "HTTP_PORT", Integer.toString(port),
            "HTTPS_PORT", Integer.toString(ServerProcess.freePort())));
        server = builder.start();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isReady()) {
            assertThat(server.isAlive()).as("it runs; target/packaged-server.log says why not").isTrue();
            assertThat(System.nanoTime()).as("waited in vain for the packaged server").isLessThan(deadline);
            Thread.sleep(100);
        }
    }

    private boolean isReady() throws InterruptedException {
        try {
            return get("/health/ready").statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HTTP.send(request(path).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return HTTP.send(request(path).header("content-type", "application/json").POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).timeout(Duration.ofSeconds(30));
    }
}
