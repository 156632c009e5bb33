package io.github.claudejakarta.it.operations;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.docs.Document;
import io.github.claudejakarta.durable.RealPostgres;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.HealthReport;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Identity;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGConnectionPoolDataSource;

/**
 * The runnable server of {@code mvn package -P server}, started as docs/operations.md says. That profile runs these
 * tests.
 */
@OwnServers
class PackagedServerCheck {

    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    private static final Path JAR =
            Path.of("target", "claude-jakarta-server.jar").toAbsolutePath();
    private static final Path LOG = Path.of("target", "packaged-server.log").toAbsolutePath();
    private static final Document OPERATIONS = Document.of("docs/operations.md");
    private static final String PASSWORD = "a-password-of-the-test";
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ScriptedUpstream UPSTREAM = ScriptedUpstream.start();

    /** The directory in which the commands of the documentation run. */
    @TempDir
    static Path directory;

    private final int port = ServerProcess.freePort();
    private final int httpsPort = ServerProcess.freePort();
    private Process server;

    @BeforeAll
    static void linkTheBuild() throws IOException {
        Files.createSymbolicLink(directory.resolve("target"), JAR.getParent());
    }

    @AfterAll
    static void close() {
        UPSTREAM.close();
    }

    @AfterEach
    void end() throws InterruptedException {
        if (server != null) {
            List<ProcessHandle> all = Stream.concat(server.descendants(), Stream.of(server.toHandle()))
                    .toList();
            all.forEach(ProcessHandle::destroyForcibly);
            for (ProcessHandle process : all) {
                process.onExit().join();
            }
        }
    }

    /** A server that was run in its build directory has a database, keys and logs. */
    @Test
    void hasNoFilesOfTheBuild() throws Exception {
        try (var jar = new ZipFile(JAR.toFile())) {
            assertThat(jar.stream().map(ZipEntry::getName).filter(name -> name.startsWith("wlp/usr/")))
                    .contains("wlp/usr/servers/claude/apps/claude-jakarta.war", "wlp/usr/servers/claude/LICENSE")
                    .noneMatch(name -> name.matches(".*/(data|logs|tranlog|resources/security)/.+|.*[.](db|p12|log)"));
        }
    }

    /** With log levels and an access log that the operator configures. */
    @Test
    void startsAsDocumented() throws Exception {
        Path output = directory.resolve("documented");
        Path configuration = Files.createDirectory(directory.resolve("configuration"));
        Files.writeString(
                configuration.resolve("access.xml"),
                OPERATIONS.block("accessLogging").text());
        String levels = "*=info:io.github.claudejakarta.access=off";

        begin(
                OPERATIONS
                        .block("./mvnw package -P server")
                        .with("./mvnw package -P server -DskipTests\n", "")
                        .with("/var/lib/claude", output.toString())
                        // The server does not listen on every address of the test machine.
                        .with("HTTP_HOST='*'", "HTTP_HOST='localhost'")
                        .with("sk-ant-...", ServerLog.KEY_MARK + "packaged")
                        .text(),
                Map.of("CLAUDE_LOG_LEVELS", levels, "CLAUDE_SERVER_CONFIG", configuration.toString()));
        awaitReady();

        JsonObject ready = HealthReport.data(get("/health/ready"), 200);
        assertThat(ready.getString("upstream")).as("Claude and no simulator").isEqualTo("https://api.anthropic.com");
        assertThat(ready.getString("key")).isEqualTo("server");
        assertThat(post("/v1/messages", "{}").statusCode()).isEqualTo(400);
        Path logs = output.resolve("claude").resolve("logs");
        Path access = logs.resolve("http_access.log");
        Api.await(
                "the line of the request",
                () -> Files.exists(access) && Files.readString(access).contains("POST /v1/messages"));
        assertThat(Files.readString(logs.resolve("messages.log")))
                .contains("The new trace state is " + levels)
                .contains("CWWKG0028A")
                .contains(configuration.resolve("access.xml").toString())
                .doesNotContain("path=/v1/messages");
    }

    /** Two servers, unpacked to two directories. The second one has an encrypted database password. */
    @Test
    void servesStopsOnRequestAndKeepsItsData() throws Exception {
        UPSTREAM.otherwise(
                request -> request.text().contains("\"stream\":true") ? Wire.helloScript() : Wire.messageScript());
        Path output = directory.resolve("kept");
        var environment = new HashMap<>(Map.of(
                "WLP_OUTPUT_DIR",
                output.toString(),
                "CLAUDE_BASE_URL",
                UPSTREAM.url().toString(),
                "CLAUDE_API_KEY",
                ServerLog.KEY_MARK + "packaged"));
        Path variables = directory.resolve("etc").resolve("variables");
        run(
                OPERATIONS
                        .block("wlp.password.encryption.key")
                        .with("/etc/claude", directory.resolve("etc").toString())
                        .text(),
                Map.of("PASSWORD", PASSWORD, "CIPHER_KEY", "a-cipher-key-of-the-test"));
        assertThat(Files.readString(variables.resolve("claude.database.password")))
                .startsWith("{aes}");

        begin(
                "exec java -jar target/claude-jakarta-server.jar",
                with(environment, "CLAUDE_DATABASE_PASSWORD", PASSWORD));
        awaitReady();
        assertThat(post("/v1/messages", Api.body(true)).body()).contains("message_stop");
        String job = Api.json(post("/v1/jobs", "{\"request\":" + Api.body(false) + "}")
                        .body())
                .getString("id");
        Path workarea = output.resolve("claude").resolve("workarea");
        assertThat(filesWith(PASSWORD, output))
                .isNotEmpty()
                .allMatch(file -> file.startsWith(workarea))
                .allMatch(file -> permissions(file).stream()
                        .noneMatch(permission -> permission.name().startsWith("OTHERS_")));
        server.destroy();
        assertThat(server.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as("the server ends on SIGTERM")
                .isTrue();

        delete(workarea);
        begin(
                "exec java -jar target/claude-jakarta-server.jar",
                with(environment, "VARIABLE_SOURCE_DIRS", variables.toString()));
        awaitReady();
        Api.await("the job of before", () -> get("/v1/jobs/" + job).statusCode() == 200);
        Api.await(
                "usage of before",
                () -> Api.json(get("/v1/usage").body()).getJsonObject("total").getInt("requests") >= 1);
        assertThat(filesWith("{aes}", output)).as("the password is encrypted").isNotEmpty();
        assertThat(filesWith(PASSWORD, output)).isEmpty();
        assertThat(filesWith("a-cipher-key-of-the-test", output)).isEmpty();
    }

    @Test
    void servesWithACertificateAndPostgresAsDocumented() throws Exception {
        SSLContext trust = Identity.create(directory);
        Files.move(directory.resolve("identity.p12"), directory.resolve("my.p12"));
        var database = (PGConnectionPoolDataSource) RealPostgres.emptyDatabase();
        String postgres = OPERATIONS
                .block("CLAUDE_DATABASE_URL=")
                .with(
                        "host:5432/claude",
                        "localhost:" + database.getPortNumbers()[0] + "/" + database.getDatabaseName())
                .with("CLAUDE_DATABASE_USER=claude", "CLAUDE_DATABASE_USER=" + database.getUser())
                .with("CLAUDE_DATABASE_PASSWORD=...", "CLAUDE_DATABASE_PASSWORD=" + PASSWORD)
                .text();
        String start = OPERATIONS
                .block("keytool -importkeystore")
                .with("/var/lib/claude", directory.resolve("secured").toString())
                .with("HTTP_HOST='*'", "HTTP_HOST='localhost'")
                .with("sk-ant-...", ServerLog.KEY_MARK + "packaged")
                .text();

        begin("set -a\n" + postgres + "set +a\n" + start, Map.of("PASSWORD", Identity.PASSWORD));
        awaitReady();

        HttpClient secured = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(trust)
                .build();
        URI jobs = URI.create("https://localhost:" + httpsPort + "/v1/jobs");
        Api.await(
                "jobs in the database",
                () -> secured.send(HttpRequest.newBuilder(jobs).timeout(TIMEOUT).build(), BodyHandlers.ofString())
                                .statusCode()
                        == 200);
        try (var connection = database.getPooledConnection().getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select count(*) from claude_schema")) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getInt(1)).as("migrations").isPositive();
        }
    }

    @Test
    void theTrialPrintsTheDocumentedText() throws Exception {
        String printed = run(
                OPERATIONS
                                .block("CLAUDE_UPSTREAM=simulator")
                                .with("localhost:9080", "localhost:" + port)
                                .text() + "wait\n",
                Map.of());

        assertThat(printed.lines()).containsExactly("401", "200", "429");
        assertThat(Files.readString(Path.of("docs/operations.md"))).contains("prints 401, 200 and 429");
    }

    @Test
    void aCallersKeyAndItsHashAreCreatedAsDocumented() throws Exception {
        List<String> printed = run(OPERATIONS.block("for the caller:").text(), Map.of())
                .lines()
                .toList();

        assertThat(printed).hasSize(2);
        String key = printed.get(0).replace("for the caller: ", "");
        assertThat(key).matches("ck-[0-9a-f]{48}");
        assertThat(printed.get(1))
                .isEqualTo("for the server: CLAUDE_CLIENTS_BILLING_KEY_SHA256=" + ClientKey.sha256(key));
    }

    private static Map<String, String> with(Map<String, String> environment, String name, String value) {
        var all = new HashMap<>(environment);
        all.put(name, value);
        return all;
    }

    private static List<Path> filesWith(String text, Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> bytes(file).contains(text))
                    .toList();
        }
    }

    private static String bytes(Path file) {
        try {
            return Files.readString(file, ISO_8859_1);
        } catch (IOException e) {
            // The server has deleted it meanwhile.
            return "";
        }
    }

    private static Set<PosixFilePermission> permissions(Path file) {
        try {
            return Files.getPosixFilePermissions(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }

    /** Runs commands to their end, and returns the lines that they print. */
    private String run(String commands, Map<String, String> environment) throws Exception {
        Path printed = Files.createTempFile(directory, "printed", "");
        server = bash(commands, environment).redirectOutput(printed.toFile()).start();
        assertThat(server.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as("the commands end: " + commands)
                .isTrue();
        return Files.readString(printed);
    }

    /** Runs commands whose last one is the server. */
    private void begin(String commands, Map<String, String> environment) throws IOException {
        server = bash(commands, environment)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(LOG.toFile()))
                .start();
    }

    private ProcessBuilder bash(String commands, Map<String, String> environment) {
        var builder = new ProcessBuilder("bash", "-e", "-c", commands)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.appendTo(LOG.toFile()));
        Map<String, String> variables = builder.environment();
        variables.keySet().removeIf(variable -> variable.matches("(?i)(claude|anthropic|http|https|mp|wlp)_.*"));
        variables.putAll(environment);
        variables.merge(
                "PATH",
                Path.of(System.getProperty("java.home"), "bin").toString(),
                (path, java) -> java + File.pathSeparator + path);
        variables.put("WLP_JAR_EXTRACT_ROOT", directory.resolve("unpacked").toString());
        variables.put("TMPDIR", directory.toString());
        variables.put("HTTP_PORT", Integer.toString(port));
        variables.put("HTTPS_PORT", Integer.toString(httpsPort));
        return builder;
    }

    private void awaitReady() throws Exception {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!isReady()) {
            assertThat(server.isAlive())
                    .as("the server runs; otherwise target/packaged-server.log has the reason")
                    .isTrue();
            assertThat(System.nanoTime())
                    .as("the packaged server is ready within the time")
                    .isLessThan(deadline);
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
        return HTTP.send(
                request(path)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .timeout(Duration.ofSeconds(60));
    }
}
