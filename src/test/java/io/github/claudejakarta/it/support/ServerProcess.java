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
import java.util.Optional;
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
 * A server in its own process, which a test may kill: the product's configuration and the released WAR. Its directory,
 * and with it the default database, stays from one start to the next. It ends with the test class at the latest.
 */
public final class ServerProcess
        implements BeforeAllCallback,
                AfterAllCallback,
                TestExecutionExceptionHandler,
                LifecycleMethodExecutionExceptionHandler {

    private static final Duration TIMEOUT = Duration.ofSeconds(90);
    private static final String ASKED_TOO_SOON =
            "CWMMH0053W: The readiness health check reported a DOWN overall status because the following applications are not started";
    /** Liberty logs it for a call during the end of the application. */
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
    private Optional<String> collector = Optional.of(System.getProperty("it.collector"));
    private int port;
    private Process process;

    public ServerProcess(String name) {
        this.name = name;
        this.directory = Path.of(System.getProperty("it.wlp"), "usr", "servers", name);
    }

    /** Sets an environment variable from the next start on. */
    public ServerProcess with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /**
     * Sets the heap, in the format of {@code -Xmx}. The default is 512 MB. For tests of memory: the server does not use
     * the garbage collector of the other tests, but the JVM's default or that of {@link #option}.
     */
    public ServerProcess heap(String size) {
        heap = size;
        collector = Optional.empty();
        return this;
    }

    /** Adds an option of the JVM. */
    public ServerProcess option(String option) {
        options.add(option);
        return this;
    }

    /** Adds a file to the configuration of the product: the elements of a {@code server} element. */
    public ServerProcess configured(String file, String elements) {
        configurations.put(file, "<server>" + elements + "</server>");
        return this;
    }

    /** Removes a feature of server.xml. */
    public ServerProcess without(String feature) {
        absent.add(feature);
        return this;
    }

    /** Adds another application to the directory of the server. A file of {@link #configured} must name it. */
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
        // In a server that Liberty's script creates, server.env has this password.
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

    /** A free port above the ports of pom.xml, which other tests reuse. */
    public static int freePort() {
        int from = Integer.getInteger("it.ports.to");
        int to = 2 * from - Integer.getInteger("it.ports.from");
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(from, to);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // The port is in use.
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

    /** Starts the server, for the first time or again, and waits until it is ready. */
    public void start() throws Exception {
        begin();
        awaitReady();
    }

    /** Starts the server without waiting. */
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

    /** The command that Liberty's script runs. Without the script, a kill hits the server and not its parent. */
    private List<String> command() throws IOException {
        var wlp = Path.of(System.getProperty("it.wlp"));
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-javaagent:" + wlp.resolve("bin/tools/ws-javaagent.jar"));
        command.addAll(options(wlp.resolve("lib/platform/java/java9.options")));
        command.addAll(options(directory.resolve("jvm.options")));
        collector.ifPresent(command::add);
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
        var request = HttpRequest.newBuilder(uri().resolve("/health/ready"))
                .timeout(Duration.ofSeconds(10))
                .build();
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!isReady(request)) {
            assertThat(isRunning()).as(name + " is running").isTrue();
            assertThat(System.nanoTime()).as(name + " is ready in time").isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private static boolean isReady(HttpRequest request) throws InterruptedException {
        try {
            return HTTP.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    public boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** Kills the server like {@code kill -9}: it ends immediately and cannot clean up. */
    public void kill() throws InterruptedException {
        assertThat(isRunning()).as(name + " is running").isTrue();
        process.destroyForcibly();
        assertThat(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    /** Stops the server in good order. */
    public void stop() throws InterruptedException {
        assertThat(isRunning()).as(name + " is running").isTrue();
        process.destroy();
        assertThat(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as(name + " has stopped")
                .isTrue();
    }

    /** Waits until the process has ended. */
    public int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as(name + " has ended")
                .isTrue();
        return process.exitValue();
    }

    /** Stops the server with Liberty's own command, {@code server stop}, which sends no signal. */
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
        assertThat(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as(name + " has stopped")
                .isTrue();
    }

    /** The directory of the server, which stays from one start to the next. */
    public Path directory() {
        return directory;
    }

    /** The reports of Liberty's first failure data capture since the class began. */
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

    /** The content of all log files since the class began. */
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

    /** The output on its console since the class began. */
    public String consoleText() throws IOException {
        return new String(Files.readAllBytes(console()), UTF_8);
    }

    /** The unexpected warnings in its log. Requests before it was ready are expected. */
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

    /** The file of its console output since the class began. */
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
