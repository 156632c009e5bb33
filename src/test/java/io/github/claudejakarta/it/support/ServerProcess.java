package io.github.claudejakarta.it.support;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.shrinkwrap.api.Archive;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * A server that a test may kill: the product's configuration and the WAR that users get, in a process of its own. Its
 * directory, and with it the database that is there without being asked for, stays from one start to the next. It ends
 * with the test class at the latest.
 */
public final class ServerProcess
        implements BeforeAllCallback,
                AfterAllCallback,
                TestExecutionExceptionHandler,
                LifecycleMethodExecutionExceptionHandler {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String ASKED_TOO_SOON =
            "CWMMH0053W: The readiness health check reported a DOWN overall status because the following applications are not started";
    /** Liberty's, of a call that is made while the application ends. */
    private static final String TOO_LATE_TO_MEASURE = "CWMOT5003W";

    private static final int SHOWN_LINES = 80;
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final String name;
    private final Path directory;
    private final Map<String, String> environment = new TreeMap<>();
    private final Map<String, String> configurations = new TreeMap<>();
    private final Map<String, Archive<?>> others = new TreeMap<>();
    private final List<String> options = new ArrayList<>();
    private final List<String> absent = new ArrayList<>();
    private String heap = "512m";
    private int port;
    private Process process;

    public ServerProcess(String name) {
        this.name = name;
        this.directory = Path.of(System.getProperty("it.wlp"), "usr", "servers", name);
    }

    /** From the next start on. */
    public ServerProcess with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** With another heap than 512 MB, as {@code -Xmx} takes it. */
    public ServerProcess heap(String size) {
        heap = size;
        return this;
    }

    /** With another option of the JVM. */
    public ServerProcess option(String option) {
        options.add(option);
        return this;
    }

    /** With more in its configuration than the product's: the elements of a {@code server} element. */
    public ServerProcess configured(String file, String elements) {
        configurations.put(file, "<server>" + elements + "</server>");
        return this;
    }

    /** Without a feature that server.xml has. */
    public ServerProcess without(String feature) {
        absent.add(feature);
        return this;
    }

    /** With another application in its directory, which {@link #configured} has to name. */
    public ServerProcess application(String file, Archive<?> archive) {
        others.put(file, archive);
        return this;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        removeDirectory();
        var applications = Files.createDirectories(directory.resolve("apps"));
        Files.copy(Path.of(System.getProperty("it.war")), applications.resolve("claude-jakarta.war"));
        others.forEach((file, archive) -> archive.as(ZipExporter.class)
                .exportTo(applications.resolve(file).toFile()));
        String server = Files.readString(Path.of("server.xml"));
        for (String feature : absent) {
            String element = "<feature>" + feature + "</feature>";
            assertThat(server).contains(element);
            server = server.replace(element, "");
        }
        Files.writeString(directory.resolve("server.xml"), server);
        try (Stream<Path> files = Files.list(Path.of("liberty"))) {
            for (Path file : files.toList()) {
                Files.copy(file, directory.resolve(file.getFileName()));
            }
        }
        var overrides =
                Files.createDirectories(directory.resolve("configDropins").resolve("overrides"));
        for (Map.Entry<String, String> configuration : configurations.entrySet()) {
            Files.writeString(overrides.resolve(configuration.getKey()), configuration.getValue());
        }
        port = freePort();
        with("HTTP_PORT", Integer.toString(port));
        with("HTTPS_PORT", Integer.toString(freePort()));
        // A server that is made by Liberty's script has it in server.env.
        with("keystore_password", "for-tests-only");
        Runtime.getRuntime().addShutdownHook(new Thread(this::end));
    }

    private void removeDirectory() throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }

    /** Above those of pom.xml, which others take again and again. */
    public static int freePort() {
        int from = Integer.getInteger("it.ports.to");
        int to = 2 * from - Integer.getInteger("it.ports.from");
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(from, to);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // taken
            }
        }
    }

    public URI uri() {
        return URI.create("http://localhost:" + port);
    }

    public int port() {
        return port;
    }

    public int httpsPort() {
        return Integer.parseInt(environment.get("HTTPS_PORT"));
    }

    public long pid() {
        return process.pid();
    }

    /** Starts it, for the first time or again, and waits until it can serve. */
    public void start() throws Exception {
        begin();
        awaitReady();
    }

    /** Starts it, and does not wait. */
    public void begin() throws IOException {
        assertThat(isRunning()).as(name + " is running").isFalse();
        var builder = new ProcessBuilder(command())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(console().toFile()));
        builder.environment()
                .keySet()
                .removeIf(variable ->
                        variable.matches("(?i)(claude|anthropic|http|https|mp|wlp)_.*|(JVM|JDK_JAVA|JAVA_TOOL)_\\w+"));
        builder.environment().putAll(environment);
        process = builder.start();
    }

    /** What Liberty's script runs, without the script, so that what is killed is the server and not its parent. */
    private List<String> command() throws IOException {
        var wlp = Path.of(System.getProperty("it.wlp"));
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-javaagent:" + wlp.resolve("bin/tools/ws-javaagent.jar"));
        command.addAll(options(wlp.resolve("lib/platform/java/java9.options")));
        command.addAll(options(directory.resolve("jvm.options")));
        command.addAll(options);
        command.addAll(List.of(
                "-Djava.awt.headless=true",
                "-Xmx" + heap,
                System.getProperty("it.jvm"),
                "-jar",
                wlp.resolve("bin/tools/ws-server.jar").toString(),
                name));
        return command;
    }

    private static List<String> options(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
    }

    public void awaitReady() throws Exception {
        var question = HttpRequest.newBuilder(uri().resolve("/health/ready"))
                .timeout(Duration.ofSeconds(10))
                .build();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isReady(question)) {
            assertThat(isRunning()).as(name + " is running").isTrue();
            assertThat(System.nanoTime()).as("waited in vain for " + name).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private static boolean isReady(HttpRequest question) throws InterruptedException {
        try {
            return HTTP.send(question, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    public boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** As {@code kill -9}: it is gone at once, and can do nothing about it. */
    public void kill() throws InterruptedException {
        assertThat(isRunning()).as(name + " is running").isTrue();
        process.destroyForcibly();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    /** Lets it end as it likes to. */
    public void stop() throws InterruptedException {
        assertThat(isRunning()).as(name + " is running").isTrue();
        process.destroy();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as(name + " has stopped")
                .isTrue();
    }

    /** Waits until it has ended. */
    public int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as(name + " has ended")
                .isTrue();
        return process.exitValue();
    }

    /** Stops it with Liberty's own command, {@code server stop}, which sends no signal. */
    public void stopByCommand() throws IOException, InterruptedException {
        assertThat(isRunning()).as(name + " is running").isTrue();
        var wlp = Path.of(System.getProperty("it.wlp"));
        new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        wlp.resolve("bin/tools/ws-server.jar").toString(),
                        name,
                        "--stop")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("command.log").toFile()))
                .start();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as(name + " has stopped")
                .isTrue();
    }

    /** Its directory, which stays from one start to the next. */
    public Path directory() {
        return directory;
    }

    /** What Liberty has written down of failures, since the class began. */
    public String failures() throws IOException {
        var logs = directory.resolve("logs").resolve("ffdc");
        if (!Files.exists(logs)) {
            return "";
        }
        var text = new StringBuilder();
        try (Stream<Path> files = Files.list(logs)) {
            for (Path file : files.toList()) {
                text.append(new String(Files.readAllBytes(file), UTF_8));
            }
        }
        return text.toString();
    }

    /** All that it has written into its log files since the class began. */
    public String log() throws IOException {
        var text = new StringBuilder(new String(Files.readAllBytes(console()), UTF_8));
        try (Stream<Path> files = Files.walk(directory.resolve("logs"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                text.append(new String(Files.readAllBytes(file), UTF_8));
            }
        }
        return text.toString();
    }

    /** The lines of {@code messages.log} since the class began. */
    public List<String> messages() throws IOException {
        return new String(Files.readAllBytes(directory.resolve("logs").resolve("messages.log")), UTF_8)
                .lines()
                .toList();
    }

    /** What it has written to its console since the class began. */
    public String consoleText() throws IOException {
        return new String(Files.readAllBytes(console()), UTF_8);
    }

    /** Lines of its log that warn and are not expected; that it was asked before it was ready is. */
    public List<String> warnings(String expected) throws IOException {
        var isExpected = Pattern.compile(expected + "|" + ASKED_TOO_SOON + "|" + TOO_LATE_TO_MEASURE);
        return log().lines()
                .filter(ServerLog.WARNING.asMatchPredicate())
                .filter(line -> !isExpected.matcher(line).find())
                .toList();
    }

    private void end() {
        if (isRunning()) {
            process.destroyForcibly();
        }
    }

    /** What it has said since the class began. */
    private Path console() {
        return directory.resolve("console.log");
    }

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        end();
        if (process != null) {
            process.waitFor();
        }
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        show();
        throw failure;
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        show();
        throw failure;
    }

    private void show() throws IOException {
        if (Files.exists(console())) {
            List<String> lines =
                    new String(Files.readAllBytes(console()), UTF_8).lines().toList();
            System.err.println("The last lines of " + console() + ":");
            lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()).forEach(System.err::println);
        }
    }
}
