package io.github.claudejakarta.it.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.Node;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that OpenAPI Generator generates from the served document compile and work, and Redocly's linter accepts the
 * document.
 */
@ExtendWith(ArquillianExtension.class)
class GeneratedClientsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("SIMULATOR");

    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    private static final Path SOURCES = Path.of("src", "test", "resources", "clients");
    /** The generator and the libraries of its clients, which Maven copies there. */
    private static final Path JARS = Path.of(System.getProperty("it.generator"));

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path work;

    private static String generated;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.upstream=simulator",
                "claude.base-url=",
                "claude.api-key=",
                FaultTolerance.NO_BREAKER,
                FaultTolerance.NO_RETRIES,
                "claude.batch.poll-interval=PT0.2S");
    }

    /** Generates all clients with one start of the generator, which takes longer than they do. */
    @BeforeAll
    static void generate() throws Exception {
        Files.writeString(work.resolve("openapi.yaml"), Api.get("/openapi").body());
        write(
                "native.yaml",
                "java",
                "natively",
                "library: native\ninvokerPackage: io.github.claudejakarta.generated.natively\n"
                        + "apiPackage: io.github.claudejakarta.generated.natively.api\nmodelPackage: io.github.claudejakarta.generated.natively.model\n");
        write(
                "restclient.yaml",
                "java",
                "rest",
                "library: restclient\ninvokerPackage: io.github.claudejakarta.generated.rest\n"
                        + "apiPackage: io.github.claudejakarta.generated.rest.api\nmodelPackage: io.github.claudejakarta.generated.rest.model\n");
        write("fetch.yaml", "typescript-fetch", "fetch", "");
        generated = run(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                JARS.resolve("openapi-generator-cli.jar").toString(),
                "batch",
                "native.yaml",
                "restclient.yaml",
                "fetch.yaml");
    }

    private static void write(String file, String generator, String directory, String more) throws IOException {
        Files.writeString(
                work.resolve(file),
                "generatorName: " + generator + "\ninputSpec: " + work.resolve("openapi.yaml") + "\noutputDir: "
                        + work.resolve(directory)
                        + "\nglobalProperties:\n  apiTests: 'false'\n  modelTests: 'false'\n  apiDocs: 'false'\n  modelDocs: 'false'\n"
                        + more);
    }

    @Test
    void theGeneratorUnderstandsTheDocument() {
        assertThat(generated.lines().filter(line -> line.contains(" ERROR ") || line.contains(" WARN ")))
                .isEmpty();
        assertThat(generated).contains("3 generators successfully");
    }

    @Test
    void theJavaClientOfTheJdkCompilesAndWorks() throws Exception {
        Map<String, Object> answers = calls("natively", "NativeCalls");

        assertThat(answers)
                .containsEntry("message", "assistant end_turn Long")
                .containsEntry("job by JSON", "job succeeded {case=4711} true")
                .containsEntry("job by form", "200 succeeded")
                .containsEntry("list of jobs", "1 true true")
                .containsEntry("list of models", "model")
                .containsEntry("batch", "ended 2 1 1 claude-opus-5-5")
                .containsEntry("results of the batch", "end_turn expired")
                .containsEntry("stream", "completed end_turn true")
                .containsEntry("usage", "true true")
                .containsEntry("error", 404);
        assertThat((String) answers.get("message text")).isNotBlank();
        assertThat((String) answers.get("job text")).isNotBlank();
    }

    @Test
    void theJavaClientOfSpringCompilesAndWorks() throws Exception {
        assertThat(calls("rest", "RestClientCalls"))
                .containsEntry("job", "succeeded text")
                .containsEntry("results of the batch", "succeeded")
                .containsEntry("usage", true);
    }

    @Test
    void theTypeScriptClientCompiles() throws Exception {
        installNode();

        assertThat(run("npx", "--no-install", "tsc", "--project", "tsconfig.json"))
                .isBlank();
    }

    @Test
    void theLinterReportsNothing() throws Exception {
        installNode();

        String report = run(
                "npx",
                "--no-install",
                "redocly",
                "lint",
                "--config",
                "redocly.yaml",
                "--format",
                "json",
                "openapi.yaml");

        var found = new ObjectMapper().readTree(report.substring(report.indexOf('{'), report.lastIndexOf('}') + 1));
        assertThat(found.get("totals").get("errors").asInt()
                        + found.get("totals").get("warnings").asInt())
                .as(found.toPrettyString())
                .isZero();
    }

    /** Compiles a client with its calls, and runs the calls in a class loader without the classes of the tests. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object> calls(String client, String main) throws Exception {
        Path classes = Files.createDirectories(work.resolve(client + "-classes"));
        var arguments = new ArrayList<>(List.of(
                "-proc:none",
                "-nowarn",
                "-d",
                classes.toString(),
                "-cp",
                String.join(File.pathSeparator, libraries()),
                SOURCES.resolve(main + ".java").toString()));
        try (Stream<Path> files = Files.walk(work.resolve(client).resolve("src").resolve("main"))) {
            files.filter(file -> file.toString().endsWith(".java")).forEach(file -> arguments.add(file.toString()));
        }
        var complaints = new ByteArrayOutputStream();
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(null, complaints, complaints, arguments.toArray(String[]::new)))
                .as(complaints.toString(StandardCharsets.UTF_8))
                .isZero();

        var urls = new ArrayList<URL>(List.of(classes.toUri().toURL()));
        for (String library : libraries()) {
            urls.add(Path.of(library).toUri().toURL());
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (var loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            return (Map<String, Object>)
                    loader.loadClass(main).getMethod("call", String.class).invoke(null, Api.SERVER.toString());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static List<String> libraries() throws IOException {
        try (Stream<Path> jars = Files.list(JARS.resolve("lib"))) {
            return jars.map(Path::toString).sorted().toList();
        }
    }

    /** Installs TypeScript's compiler and the linter, in the versions of the lock file. */
    private static void installNode() throws Exception {
        Node.require(
                "The generated TypeScript client is not compiled, and the OpenAPI document is not linted",
                "node",
                "npm");
        if (Files.exists(work.resolve("node_modules"))) {
            return;
        }
        for (String file :
                List.of("package.json", "package-lock.json", "tsconfig.json", "redocly.yaml", "FetchCalls.ts")) {
            Files.copy(SOURCES.resolve(file), work.resolve(file));
        }
        run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
    }

    /** Runs a program, asserts that it succeeds, and returns its output. */
    private static String run(String... command) throws Exception {
        Path output = Files.createTempFile(work, "output", ".log");
        var builder = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment()
                .putAll(Map.of("REDOCLY_TELEMETRY", "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE", "true", "NO_COLOR", "1"));
        Process process = builder.start();
        try {
            boolean hasEnded = process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            String text = Files.readString(output);
            assertThat(hasEnded)
                    .as(() -> String.join(" ", command) + " has not ended: " + text)
                    .isTrue();
            assertThat(process.exitValue())
                    .as(() -> String.join(" ", command) + ": " + text)
                    .isZero();
            return text;
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
